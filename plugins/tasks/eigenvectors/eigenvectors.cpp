// Eigenvalues, ascending, and below them the eigenvectors of a symmetric n x n matrix (spec section 1).
#include "matseq/decompositions.h"
#include "matseq/register.h"
#include "matseq/scores.h"
#include "matseq/symmetric_sampler.h"
#include "matseq/task.h"

namespace matseq {
namespace {

class Eigenvectors : public Task {
 public:
  static ParameterSchema schema() { return SymmetricSampler::schema(); }

  explicit Eigenvectors(const Parameters& parameters) : sampler_(parameters), signs_(signs_of(parameters)) {
    require_signs(parameters);
  }

  // The target is (n + 1, n): a row of eigenvalues, then Q with eigenvectors as columns.
  bool draw(RandomStream& random, Example& example) const override {
    if (!sampler_.draw(random, example.source)) return false;
    const std::size_t n = example.source.rows();
    example.target.resize(n + 1, n);
    const auto target = example.target.values();
    if (!symmetric_eigenvectors(signs_, n, example.source.values(), target.first(n), target.subspan(n))) return false;
    sampler_.add_noise(random, example.source);
    return true;
  }

  Score score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance) const override {
    const std::size_t n = truth.target.columns();
    require_source_shape(truth, n, n);
    if (!scorable(truth, hypothesis) || hypothesis.rows() != n + 1) return {};
    const auto values = hypothesis.values();
    const auto vectors = values.subspan(n);
    return diagonalization_score(truth.source, vectors, vectors, values.first(n), coeff_tolerance);
  }

 private:
  SymmetricSampler sampler_;
  Signs signs_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Eigenvectors, "eigenvectors", "1.0.0",
                "Eigenvalues, ascending, and eigenvectors of a symmetric matrix")
