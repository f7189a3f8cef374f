// Q and R of an n x p matrix M = Q R: orthonormal columns, and an upper triangle with a positive diagonal.
#include <Eigen/QR>
#include <algorithm>

#include "matseq/eigen.h"
#include "matseq/matrix_task.h"
#include "matseq/register.h"
#include "matseq/scores.h"

namespace matseq {
namespace {

class Qr : public RandomMatrixTask {
 public:
  using RandomMatrixTask::RandomMatrixTask;

  // The worse of E = Q R - M with what R has below its diagonal, against R = M, and E = Q^T Q - I against R = I.
  Score score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance) const override {
    const auto source = view(truth.source);
    const Eigen::Index k = std::min(source.rows(), source.cols());
    require_source_shape(truth, truth.source.rows(), truth.target.rows() - truth.source.rows());
    if (!scorable(truth, hypothesis) || view(hypothesis).cols() != k) return {};
    const auto q = view(hypothesis).topRows(source.rows());
    const auto r = view(hypothesis).bottomRows(source.cols()).transpose();

    ScoreSum residual(coeff_tolerance);
    const RowMajorMatrix product = q * r;
    for (Eigen::Index row = 0; row < source.rows(); ++row) {
      for (Eigen::Index column = 0; column < source.cols(); ++column) {
        residual.add(product(row, column) - source(row, column), source(row, column));
      }
    }
    for (Eigen::Index row = 1; row < k; ++row) {
      for (Eigen::Index column = 0; column < row; ++column) residual.add(r(row, column), 0);
    }

    ScoreSum orthogonality(coeff_tolerance, ScoreSum::Right::absolute);
    const RowMajorMatrix gram = q.transpose() * q;
    for (Eigen::Index row = 0; row < k; ++row) {
      for (Eigen::Index column = 0; column < k; ++column) {
        const double reference = row == column ? 1 : 0;
        orthogonality.add(gram(row, column) - reference, reference);
      }
    }
    return worse_of(residual.score(), orthogonality.score());
  }

 protected:
  bool solve(const Matrix& source, Matrix& target) const override {
    const Eigen::HouseholderQR<Eigen::MatrixXd> factors(view(source));
    const Eigen::Index n = factors.rows();
    const Eigen::Index p = factors.cols();
    const Eigen::Index k = std::min(n, p);
    Eigen::MatrixXd q = factors.householderQ() * Eigen::MatrixXd::Identity(n, k);
    Eigen::MatrixXd r = factors.matrixQR().topRows(k).triangularView<Eigen::Upper>();
    for (Eigen::Index i = 0; i < k; ++i) {
      if (r(i, i) == 0) return false;  // no sign is the positive one
      if (r(i, i) > 0) continue;
      r.row(i) *= -1;
      q.col(i) *= -1;
    }
    target.resize(static_cast<std::size_t>(n + p), static_cast<std::size_t>(k));
    view(target).topRows(n) = q;
    view(target).bottomRows(p) = r.transpose();
    return true;
  }
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Qr, "qr", "1.0.0", "QR decomposition: Q, and below it R transposed")
