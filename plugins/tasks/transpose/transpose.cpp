// M^T of an n x p matrix M (spec section 1).
#include "matseq/eigen.h"
#include "matseq/matrix_sampler.h"
#include "matseq/register.h"
#include "matseq/scores.h"
#include "matseq/task.h"

namespace matseq {
namespace {

class Transpose : public Task {
 public:
  static ParameterSchema schema() { return MatrixSampler::schema(MatrixSampler::Shape::rectangular); }

  explicit Transpose(const Parameters& parameters) : sampler_(parameters) {}

  bool draw(RandomStream& random, Example& example) const override {
    const auto [n, p, range] = sampler_.draw_size(random);
    example.source.resize(n, p);
    sampler_.fill(random, range, example.source.values());
    assign(example.target, view(example.source).transpose());
    sampler_.add_noise(random, example.source);
    return true;
  }

  // The one elementary task whose reference is the input, not the target.
  Score score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance) const override {
    require_source_shape(truth, truth.target.columns(), truth.target.rows());
    if (!scorable(truth, hypothesis)) return {};
    ScoreSum sum(coeff_tolerance);
    for (std::size_t row = 0; row < hypothesis.rows(); ++row) {
      for (std::size_t column = 0; column < hypothesis.columns(); ++column) {
        const double reference = truth.source(column, row);
        sum.add(reference - hypothesis(row, column), reference);
      }
    }
    return sum.score();
  }

 private:
  MatrixSampler sampler_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Transpose, "transpose", "1.0.0", "Transpose of a matrix")
