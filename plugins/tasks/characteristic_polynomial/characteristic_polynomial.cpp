// The coefficients of det(x I - M) of an n x n matrix M.
#include "matseq/eigen.h"
#include "matseq/matrix_task.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class CharacteristicPolynomial : public SquareMatrixTask {
 public:
  using SquareMatrixTask::SquareMatrixTask;

 protected:
  // x^n + c_1 x^(n-1) + ... + c_n by Faddeev and LeVerrier: N_1 = M, c_k = -tr(N_k) / k, N_(k+1) = M (N_k + c_k I).
  bool solve(const Matrix& source, Matrix& target) const override {
    const std::size_t n = source.rows();
    target.resize(n, 1);
    RowMajorMatrix product = view(source);
    for (std::size_t k = 1; k <= n; ++k) {
      const double coefficient = -product.trace() / static_cast<double>(k);
      target(k - 1, 0) = coefficient;
      product.diagonal().array() += coefficient;
      product = view(source) * product;
    }
    return true;
  }
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::CharacteristicPolynomial, "characteristic_polynomial", "1.0.0",
                "Coefficients of the characteristic polynomial, without the leading 1")
