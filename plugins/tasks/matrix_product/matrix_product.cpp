// X^T Y of two p x n matrices side by side (spec section 1).
#include "matseq/eigen.h"
#include "matseq/matrix_task.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class MatrixProduct : public RandomMatrixTask {
 public:
  using RandomMatrixTask::RandomMatrixTask;

 protected:
  InputShape input_shape(std::size_t n, std::size_t p) const override { return {p, 2 * n}; }

  bool solve(const Matrix& source, Matrix& target) const override {
    const auto both = view(source);
    const Eigen::Index width = both.cols() / 2;
    // Lazy: these are too small for Eigen's blocked product, which would need the heap.
    assign(target, both.leftCols(width).transpose().lazyProduct(both.rightCols(width)));
    return true;
  }
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::MatrixProduct, "matrix_product", "1.0.0",
                "Product of two matrices that stand side by side, the first transposed")
