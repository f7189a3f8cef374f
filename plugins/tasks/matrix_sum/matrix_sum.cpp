// X + Y of two p x n matrices side by side (spec section 1).
#include "matseq/eigen.h"
#include "matseq/matrix_task.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class MatrixSum : public RandomMatrixTask {
 public:
  using RandomMatrixTask::RandomMatrixTask;

 protected:
  InputShape input_shape(std::size_t n, std::size_t p) const override { return {p, 2 * n}; }

  bool solve(const Matrix& source, Matrix& target) const override {
    const auto both = view(source);
    const Eigen::Index width = both.cols() / 2;
    assign(target, both.leftCols(width) + both.rightCols(width));
    return true;
  }
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::MatrixSum, "matrix_sum", "1.0.0", "Sum of two matrices that stand side by side")
