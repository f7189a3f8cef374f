// A task of one's own: the sum of the diagonal of a square matrix.
#include <matseq/eigen.h>
#include <matseq/matrix_task.h>
#include <matseq/register.h>

class Trace : public matseq::RandomMatrixTask {
 public:
  // What the [task] table of the TOML file may hold: the parameters of square random matrices.
  static matseq::ParameterSchema schema() {
    return matseq::MatrixSampler::schema(matseq::MatrixSampler::Shape::square);
  }

  using RandomMatrixTask::RandomMatrixTask;

 protected:
  // The answer to an input. What it is compared by, the difference of answer and target, need not be said.
  bool solve(const matseq::Matrix& source, matseq::Matrix& target) const override {
    target.resize(1, 1);
    target(0, 0) = matseq::view(source).trace();
    return true;
  }
};

MATSEQ_REGISTER(Trace, "trace", "1.0.0", "Sum of the diagonal of a square matrix")
