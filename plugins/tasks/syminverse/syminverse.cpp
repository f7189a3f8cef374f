// Inverse of a symmetric n x n matrix (spec section 1).
#include "matseq/decompositions.h"
#include "matseq/register.h"
#include "matseq/scores.h"
#include "matseq/symmetric_sampler.h"
#include "matseq/task.h"

namespace matseq {
namespace {

class SymmetricInverse : public Task {
 public:
  static ParameterSchema schema() {
    ParameterSchema schema = SymmetricSampler::schema();
    schema.push_back(classic_eval_parameter());
    return schema;
  }

  explicit SymmetricInverse(const Parameters& parameters)
      : sampler_(parameters), classic_eval_(parameters.boolean("classic_eval")) {}

  bool draw(RandomStream& random, Example& example) const override {
    if (!sampler_.draw(random, example.source)) return false;
    const std::size_t n = example.source.rows();
    example.target.resize(n, n);
    if (!invert(n, example.source.values(), example.target.values())) return false;
    sampler_.add_noise(random, example.source);
    return true;
  }

  Score score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance) const override {
    return inverse_score(truth, hypothesis, coeff_tolerance, classic_eval_);
  }

 private:
  SymmetricSampler sampler_;
  bool classic_eval_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::SymmetricInverse, "syminverse", "1.0.0", "Inverse of a symmetric matrix")
