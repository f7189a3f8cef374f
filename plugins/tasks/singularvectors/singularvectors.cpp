// Singular values and, stacked below them, U and V of an n x p matrix M = U diag(s) V^T (spec section 1).
#include <algorithm>

#include "matseq/decompositions.h"
#include "matseq/matrix_task.h"
#include "matseq/register.h"
#include "matseq/scores.h"

namespace matseq {
namespace {

class SingularVectors : public RandomMatrixTask {
 public:
  static ParameterSchema schema() {
    ParameterSchema schema = RandomMatrixTask::schema();
    schema.push_back(signs_parameter());
    return schema;
  }

  explicit SingularVectors(const Parameters& parameters) : RandomMatrixTask(parameters), signs_(signs_of(parameters)) {
    require_signs(parameters);
  }

  Score score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance) const override {
    if (!scorable(truth, hypothesis)) return {};
    const std::size_t n = truth.source.rows();
    const std::size_t p = truth.source.columns();
    const std::size_t k = std::min(n, p);
    if (hypothesis.rows() != 1 + n + p || hypothesis.columns() != k) return {};
    const auto values = hypothesis.values();
    return diagonalization_score(truth.source, values.subspan(k, n * k), values.subspan(k + n * k), values.first(k),
                                 coeff_tolerance);
  }

 protected:
  // The target is (1 + n + p, k) with k = min(n, p): the singular values, U (n, k), V (p, k).
  bool solve(const Matrix& source, Matrix& target) const override {
    const std::size_t n = source.rows();
    const std::size_t p = source.columns();
    const std::size_t k = std::min(n, p);
    target.resize(1 + n + p, k);
    const auto values = target.values();
    return singular_vectors(signs_, n, p, source.values(), values.first(k), values.subspan(k, n * k),
                            values.subspan(k + n * k));
  }

 private:
  Signs signs_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::SingularVectors, "singularvectors", "1.0.0",
                "Thin singular value decomposition of a matrix: singular values, U and V stacked")
