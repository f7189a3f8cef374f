// x of A x = b, for an n x n matrix A and, beside it, a vector b of n.
#include <Eigen/LU>
#include <cmath>

#include "matseq/eigen.h"
#include "matseq/fixed_size.h"
#include "matseq/matrix_task.h"
#include "matseq/register.h"
#include "matseq/scores.h"

namespace matseq {
namespace {

/// What rounding may leave of A x - b, against |b|.
constexpr double accuracy = 1e-10;

class Solve : public SquareMatrixTask {
 public:
  using SquareMatrixTask::SquareMatrixTask;

  // E = A x - b against R = b, where x is the hypothesis.
  Score score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance) const override {
    const std::size_t n = truth.target.rows();
    require_source_shape(truth, n, n + 1);
    if (!scorable(truth, hypothesis)) return {};
    ScoreSum sum(coeff_tolerance);
    for (std::size_t row = 0; row < n; ++row) {
      const double right_hand_side = truth.source(row, n);
      double product = 0;
      for (std::size_t column = 0; column < n; ++column) product += truth.source(row, column) * hypothesis(column, 0);
      sum.add(product - right_hand_side, right_hand_side);
    }
    return sum.score();
  }

 protected:
  InputShape input_shape(std::size_t n, std::size_t /*p*/) const override { return {n, n + 1}; }

  bool solve(const Matrix& source, Matrix& target) const override {
    target.resize(source.rows(), 1);
    return with_fixed_size(source.rows(), [&](auto size) {
      const Eigen::Matrix<double, size, size> matrix = view(source).leftCols(view(source).rows());
      const Eigen::Matrix<double, size, 1> right_hand_side = view(source).rightCols<1>();
      const Eigen::Matrix<double, size, 1> solution = matrix.partialPivLu().solve(right_hand_side);
      view(target) = solution;
      // Written so that what is not a number fails too.
      return (matrix * solution - right_hand_side).norm() <= accuracy * right_hand_side.norm();
    });
  }
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Solve, "solve", "1.0.0", "Solution of a system of linear equations")
