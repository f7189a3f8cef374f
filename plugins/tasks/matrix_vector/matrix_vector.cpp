// M^T v of an n x p matrix M and, beside it, a vector v of n (spec section 1).
#include "matseq/eigen.h"
#include "matseq/matrix_sampler.h"
#include "matseq/register.h"
#include "matseq/scores.h"
#include "matseq/task.h"

namespace matseq {
namespace {

class MatrixVector : public Task {
 public:
  static ParameterSchema schema() { return MatrixSampler::schema(MatrixSampler::Shape::rectangular); }

  explicit MatrixVector(const Parameters& parameters) : sampler_(parameters) {}

  bool draw(RandomStream& random, Example& example) const override {
    const auto [n, p, range] = sampler_.draw_size(random);
    example.source.resize(n, p + 1);
    sampler_.fill(random, range, example.source.values());
    const auto both = view(example.source);
    const auto matrix = both.leftCols(static_cast<Eigen::Index>(p));
    assign(example.target, matrix.transpose().lazyProduct(both.rightCols<1>()));
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

MATSEQ_REGISTER(matseq::MatrixVector, "matrix_vector", "1.0.0", "Transpose of a matrix times the vector beside it")
