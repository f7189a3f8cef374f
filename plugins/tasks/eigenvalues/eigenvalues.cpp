// Eigenvalues of a symmetric n x n matrix, descending (spec section 1).
#include <algorithm>

#include "matseq/decompositions.h"
#include "matseq/register.h"
#include "matseq/scores.h"
#include "matseq/symmetric_sampler.h"
#include "matseq/task.h"

namespace matseq {
namespace {

class Eigenvalues : public Task {
 public:
  static ParameterSchema schema() { return SymmetricSampler::schema(); }

  explicit Eigenvalues(const Parameters& parameters) : sampler_(parameters) {}

  bool draw(RandomStream& random, Example& example) const override {
    if (!sampler_.draw(random, example.source)) return false;
    const std::size_t n = example.source.rows();
    example.target.resize(n, 1);
    if (!symmetric_eigenvalues(n, example.source.values(), example.target.values())) return false;
    std::ranges::reverse(example.target.values());
    sampler_.add_noise(random, example.source);
    return true;
  }

  Score score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance) const override {
    return difference_score(truth, hypothesis, coeff_tolerance);
  }

 private:
  SymmetricSampler sampler_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Eigenvalues, "eigenvalues", "1.0.0", "Eigenvalues of a symmetric matrix, descending")
