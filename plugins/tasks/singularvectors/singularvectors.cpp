// Singular values and, stacked below them, U and V of an n x p matrix M = U diag(s) V^T (spec section 1).
#include <algorithm>

#include "matseq/decompositions.h"
#include "matseq/matrix_sampler.h"
#include "matseq/register.h"
#include "matseq/scores.h"
#include "matseq/task.h"

namespace matseq {
namespace {

class SingularVectors : public Task {
 public:
  static ParameterSchema schema() {
    ParameterSchema schema = MatrixSampler::schema(MatrixSampler::Shape::rectangular);
    schema.push_back(signs_parameter());
    return schema;
  }

  explicit SingularVectors(const Parameters& parameters) : sampler_(parameters), signs_(signs_of(parameters)) {
    require_signs(parameters);
  }

  // The target is (1 + n + p, k) with k = min(n, p): the singular values, U (n, k), V (p, k).
  bool draw(RandomStream& random, Example& example) const override {
    const auto [n, p, range] = sampler_.draw_size(random);
    const std::size_t k = std::min(n, p);
    example.source.resize(n, p);
    example.target.resize(1 + n + p, k);
    sampler_.fill(random, range, example.source.values());
    const auto target = example.target.values();
    if (!singular_vectors(signs_, n, p, example.source.values(), target.first(k), target.subspan(k, n * k),
                          target.subspan(k + n * k))) {
      return false;
    }
    sampler_.add_noise(random, example.source);
    return true;
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

 private:
  MatrixSampler sampler_;
  Signs signs_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::SingularVectors, "singularvectors", "1.0.0",
                "Thin singular value decomposition of a matrix: singular values, U and V stacked")
