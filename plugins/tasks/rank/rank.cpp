// The rank of an n x p matrix.
#include <algorithm>
#include <string>
#include <vector>

#include "../low_rank/low_rank.h"
#include "matseq/decompositions.h"
#include "matseq/matrix_task.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class Rank : public MatrixTask {
 public:
  static ParameterSchema schema() {
    ParameterSchema schema = MatrixSampler::schema(MatrixSampler::Shape::rectangular);
    schema.push_back(Parameter::real("tolerance", 0.01,
                                     "singular values up to this share of the largest count as 0; matrices that have "
                                     "such ones are not drawn, but for those that are 0")
                         .at_least(1e-9)
                         .at_most(0.5));
    return schema;
  }

  explicit Rank(const Parameters& parameters) : sampler_(parameters), tolerance_(parameters.real("tolerance")) {}

 protected:
  bool solve(const Matrix& source, Matrix& target) const override {
    std::vector<double> values(std::min(source.rows(), source.columns()));
    if (!singular_values(source.rows(), source.columns(), source.values(), values)) return false;
    const double least = tolerance_ * values.front();
    target.resize(1, 1);
    target(0, 0) = static_cast<double>(std::ranges::count_if(values, [&](double value) { return value > least; }));
    return true;
  }

 private:
  // Every rank is as likely. One that is not seen by the tolerance is no answer.
  bool draw_source(RandomStream& random, Matrix& source) const override {
    const MatrixSampler::Size size = sampler_.draw_size(random);
    const auto rank = random.integer(1, static_cast<std::int64_t>(std::min(size.n, size.p)));
    draw_low_rank(sampler_, random, size, static_cast<std::size_t>(rank), source);
    Matrix seen;
    return solve(source, seen) && seen(0, 0) == static_cast<double>(rank);
  }

  void add_noise(RandomStream& random, Matrix& source) const override { sampler_.add_noise(random, source); }
  bool can_solve(const Matrix& /*source*/) const override { return true; }

  std::vector<std::string> unfamiliar_source(const Matrix& source) const override {
    if (sampler_.draws(source.rows(), source.columns())) return {};
    return {"its shape is none that is drawn"};
  }

  MatrixSampler sampler_;
  double tolerance_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Rank, "rank", "1.0.0", "Rank of a matrix")
