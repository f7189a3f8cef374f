// Singular values of an n x p matrix, descending (spec section 1).
#include <algorithm>

#include "matseq/decompositions.h"
#include "matseq/matrix_sampler.h"
#include "matseq/register.h"
#include "matseq/scores.h"
#include "matseq/task.h"

namespace matseq {
namespace {

class SingularValues : public Task {
 public:
  static ParameterSchema schema() { return MatrixSampler::schema(MatrixSampler::Shape::rectangular); }

  explicit SingularValues(const Parameters& parameters) : sampler_(parameters) {}

  bool draw(RandomStream& random, Example& example) const override {
    const auto [n, p, range] = sampler_.draw_size(random);
    example.source.resize(n, p);
    example.target.resize(std::min(n, p), 1);
    sampler_.fill(random, range, example.source.values());
    if (!singular_values(n, p, example.source.values(), example.target.values())) return false;
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

MATSEQ_REGISTER(matseq::SingularValues, "singularvalues", "1.0.0", "Singular values of a matrix, descending")
