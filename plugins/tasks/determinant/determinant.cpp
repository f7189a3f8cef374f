// det(M) of an n x n matrix M.
#include <Eigen/LU>

#include "matseq/eigen.h"
#include "matseq/fixed_size.h"
#include "matseq/matrix_task.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class Determinant : public SquareMatrixTask {
 public:
  using SquareMatrixTask::SquareMatrixTask;

 protected:
  bool solve(const Matrix& source, Matrix& target) const override {
    target.resize(1, 1);
    target(0, 0) = with_fixed_size(source.rows(), [&](auto size) {
      const Eigen::Matrix<double, size, size> matrix = view(source);
      return matrix.determinant();
    });
    return true;
  }
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Determinant, "determinant", "1.0.0", "Determinant of a square matrix")
