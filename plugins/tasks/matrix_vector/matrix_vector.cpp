// M^T v of an n x p matrix M and, beside it, a vector v of n (spec section 1).
#include "matseq/eigen.h"
#include "matseq/matrix_task.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class MatrixVector : public RandomMatrixTask {
 public:
  using RandomMatrixTask::RandomMatrixTask;

 protected:
  InputShape input_shape(std::size_t n, std::size_t p) const override { return {n, p + 1}; }

  bool solve(const Matrix& source, Matrix& target) const override {
    const auto both = view(source);
    assign(target, both.leftCols(both.cols() - 1).transpose().lazyProduct(both.rightCols<1>()));
    return true;
  }
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::MatrixVector, "matrix_vector", "1.0.0", "Transpose of a matrix times the vector beside it")
