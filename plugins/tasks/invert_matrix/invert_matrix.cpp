// Inverse of an n x n matrix (spec section 1).
#include "matseq/decompositions.h"
#include "matseq/matrix_sampler.h"
#include "matseq/register.h"
#include "matseq/scores.h"
#include "matseq/task.h"

namespace matseq {
namespace {

class InvertMatrix : public Task {
 public:
  static ParameterSchema schema() {
    ParameterSchema schema = MatrixSampler::schema(MatrixSampler::Shape::square);
    schema.push_back(classic_eval_parameter());
    return schema;
  }

  explicit InvertMatrix(const Parameters& parameters)
      : sampler_(parameters), classic_eval_(parameters.boolean("classic_eval")) {}

  bool draw(RandomStream& random, Example& example) const override {
    const auto [n, p, range] = sampler_.draw_size(random);
    example.source.resize(n, p);
    example.target.resize(n, p);
    sampler_.fill(random, range, example.source.values());
    if (!invert(n, example.source.values(), example.target.values())) return false;
    sampler_.add_noise(random, example.source);
    return true;
  }

  Score score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance) const override {
    return inverse_score(truth, hypothesis, coeff_tolerance, classic_eval_);
  }

 private:
  MatrixSampler sampler_;
  bool classic_eval_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::InvertMatrix, "invert_matrix", "1.0.0", "Inverse of a square matrix")
