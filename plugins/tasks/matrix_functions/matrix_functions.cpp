#include "matrix_functions.h"

#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <unsupported/Eigen/MatrixFunctions>

#include "matseq/eigen.h"

namespace matseq {
namespace {

/// What rounding may leave of an identity, against the matrices in it.
constexpr double accuracy = 1e-10;

/// Entries of the sign below this are 0, but for rounding.
constexpr double rounding = 1e-14;

/// Written so that what is not a number is not close.
bool close(const Eigen::MatrixXd& one, const Eigen::MatrixXd& other) {
  return (one - other).norm() <= accuracy * other.norm();
}

/// Eigen's logarithm and square root are of matrices that have them.
bool has_eigenvalue_on_negative_axis(const Eigen::MatrixXd& matrix) {
  const Eigen::EigenSolver<Eigen::MatrixXd> solver(matrix, /*computeEigenvectors=*/false);
  return solver.info() != Eigen::Success ||
         (solver.eigenvalues().array().imag() == 0 && solver.eigenvalues().array().real() <= 0).any();
}

}  // namespace

bool matrix_exponential(const Matrix& matrix, Matrix& result) {
  assign(result, Eigen::MatrixXd(Eigen::MatrixXd(view(matrix)).exp()));
  return view(result).allFinite();
}

bool matrix_logarithm(const Matrix& matrix, Matrix& result) {
  const Eigen::MatrixXd source = view(matrix);
  if (has_eigenvalue_on_negative_axis(source)) return false;
  const Eigen::MatrixXd logarithm = source.log();
  assign(result, logarithm);
  return logarithm.allFinite() && close(logarithm.exp(), source);
}

bool matrix_square_root(const Matrix& matrix, Matrix& result) {
  const Eigen::MatrixXd source = view(matrix);
  if (has_eigenvalue_on_negative_axis(source)) return false;
  const Eigen::MatrixXd root = source.sqrt();
  assign(result, root);
  return close(root * root, source);
}

// Newton's iteration for S^2 = I, which converges to the sign of what it starts from (Higham, section 5.3).
bool matrix_sign(const Matrix& matrix, Matrix& result) {
  constexpr int most_steps = 100;
  const Eigen::MatrixXd source = view(matrix);
  const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(source.rows(), source.cols());
  Eigen::MatrixXd sign = source;
  for (int step = 0; step < most_steps; ++step) {
    const Eigen::MatrixXd next = (sign + sign.partialPivLu().inverse()) / 2;
    const bool converged = close(next, sign);
    sign = next;
    if (!converged) continue;
    // What is left of a 0, where all eigenvalues are on one side, would be digits that no one can learn.
    assign(result, (sign.array().abs() < rounding).select(0, sign));
    return close(sign * sign, identity) && close(sign * source, source * sign);
  }
  return false;
}

bool matrix_sine(const Matrix& matrix, Matrix& result) {
  assign(result, Eigen::MatrixXd(Eigen::MatrixXd(view(matrix)).sin()));
  return view(result).allFinite();
}

bool matrix_cosine(const Matrix& matrix, Matrix& result) {
  assign(result, Eigen::MatrixXd(Eigen::MatrixXd(view(matrix)).cos()));
  return view(result).allFinite();
}

}  // namespace matseq
