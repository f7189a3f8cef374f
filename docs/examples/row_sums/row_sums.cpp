// A task of one's own: the sum of each row of a matrix.
#include <matseq/eigen.h>
#include <matseq/matrix_task.h>
#include <matseq/register.h>

class RowSums : public matseq::RandomMatrixTask {
 public:
  // With the parameters of random matrices, which the [task] table of the TOML file may hold.
  using RandomMatrixTask::RandomMatrixTask;

 protected:
  // The answer to an input. What it is compared by, the difference of answer and target, need not be said.
  bool solve(const matseq::Matrix& source, matseq::Matrix& target) const override {
    matseq::assign(target, matseq::view(source).rowwise().sum());
    return true;
  }
};

MATSEQ_REGISTER(RowSums, "row_sums", "1.0.0", "Sum of each row of a matrix")
