// The lower triangular L with a positive diagonal and L L^T = S, of a positive definite n x n matrix S.
#include <Eigen/Cholesky>
#include <algorithm>
#include <string>
#include <vector>

#include "matseq/eigen.h"
#include "matseq/fixed_size.h"
#include "matseq/matrix_task.h"
#include "matseq/register.h"
#include "matseq/scores.h"

namespace matseq {
namespace {

class Cholesky : public SymmetricMatrixTask {
 public:
  /// That of symmetric matrices, with the distributions of positive eigenvalues.
  static ParameterSchema schema() {
    ParameterSchema schema = SymmetricMatrixTask::schema();
    Parameter& distributions = parameter_named(schema, "eigen_distribution");
    distributions.choices = {"positive", "positive2", "marcenko"};
    distributions.default_value = std::vector<std::string>{"positive"};
    return schema;
  }

  using SymmetricMatrixTask::SymmetricMatrixTask;

  // E = L L^T - S against R = S, and E = L above the diagonal.
  Score score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance) const override {
    const std::size_t n = truth.target.rows();
    require_source_shape(truth, n, n);
    if (!scorable(truth, hypothesis)) return {};
    ScoreSum sum(coeff_tolerance);
    for (std::size_t row = 0; row < n; ++row) {
      for (std::size_t column = 0; column < n; ++column) {
        double product = 0;
        for (std::size_t k = 0; k < n; ++k) product += hypothesis(row, k) * hypothesis(column, k);
        sum.add(product - truth.source(row, column), truth.source(row, column));
        if (column > row) sum.add(hypothesis(row, column), 0);
      }
    }
    return sum.score();
  }

 protected:
  bool solve(const Matrix& source, Matrix& target) const override {
    target.resize(source.rows(), source.rows());
    return with_fixed_size(source.rows(), [&](auto size) {
      const Eigen::Matrix<double, size, size> matrix = view(source);
      const Eigen::LLT<Eigen::Matrix<double, size, size>> factors(matrix);
      if (factors.info() != Eigen::Success) return false;
      view(target) = factors.matrixL();
      return true;
    });
  }
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Cholesky, "cholesky", "1.0.0", "Cholesky factor of a positive definite matrix")
