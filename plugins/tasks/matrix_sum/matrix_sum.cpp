// X + Y of two p x n matrices side by side (spec section 1).
#include "matseq/eigen.h"
#include "matseq/matrix_sampler.h"
#include "matseq/register.h"
#include "matseq/scores.h"
#include "matseq/task.h"

namespace matseq {
namespace {

class MatrixSum : public Task {
 public:
  static ParameterSchema schema() { return MatrixSampler::schema(MatrixSampler::Shape::rectangular); }

  explicit MatrixSum(const Parameters& parameters) : sampler_(parameters) {}

  bool draw(RandomStream& random, Example& example) const override {
    const auto [n, p, range] = sampler_.draw_size(random);
    example.source.resize(p, 2 * n);
    sampler_.fill(random, range, example.source.values());
    const auto both = view(example.source);
    const auto width = static_cast<Eigen::Index>(n);
    assign(example.target, both.leftCols(width) + both.rightCols(width));
    sampler_.add_noise(random, example.source);
    return true;
  }

  Score score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance) const override {
    return difference_score(truth, hypothesis, coeff_tolerance);
  }

 private:
  MatrixSampler sampler_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::MatrixSum, "matrix_sum", "1.0.0", "Sum of two matrices that stand side by side")
