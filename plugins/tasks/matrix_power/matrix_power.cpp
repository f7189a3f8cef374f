// M^k of an n x n matrix M.
#include <utility>

#include "matseq/eigen.h"
#include "matseq/matrix_task.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class MatrixPower : public SquareMatrixTask {
 public:
  static ParameterSchema schema() {
    ParameterSchema schema = SquareMatrixTask::schema();
    schema.push_back(Parameter::integer("exponent", 2, "k of M^k").at_least(1).at_most(1000));
    return schema;
  }

  explicit MatrixPower(const Parameters& parameters)
      : SquareMatrixTask(parameters), exponent_(parameters.integer("exponent")) {}

 protected:
  bool solve(const Matrix& source, Matrix& target) const override {
    RowMajorMatrix square = view(source);
    RowMajorMatrix power = RowMajorMatrix::Identity(square.rows(), square.cols());
    // M^1, M^2, M^4, ...; of these, the ones whose exponents add up to k.
    for (std::int64_t rest = exponent_; rest > 0; rest /= 2) {
      if (rest % 2 == 1) power *= square;
      if (rest > 1) square *= square;
    }
    assign(target, power);
    return true;
  }

 private:
  std::int64_t exponent_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::MatrixPower, "matrix_power", "1.0.0", "Power of a square matrix with a fixed exponent")
