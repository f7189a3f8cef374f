// A matrix of low rank from some of its entries.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "../low_rank/low_rank.h"
#include "matseq/decompositions.h"
#include "matseq/matrix_sampler.h"
#include "matseq/register.h"
#include "matseq/scores.h"
#include "matseq/task.h"

namespace matseq {
namespace {

class LowRankCompletion : public Task {
 public:
  static ParameterSchema schema() {
    ParameterSchema schema = MatrixSampler::schema(MatrixSampler::Shape::rectangular);
    schema.push_back(Parameter::integer("rank", 1, "rank of the matrix; of smaller ones, as large as they allow")
                         .at_least(1)
                         .at_most(1000));
    schema.push_back(
        Parameter::real("missing", 0.25, "probability with which an entry of the input is missing, that is 0")
            .at_least(0)
            .at_most(0.95));
    return schema;
  }

  explicit LowRankCompletion(const Parameters& parameters)
      : sampler_(parameters),
        rank_(static_cast<std::size_t>(parameters.integer("rank"))),
        missing_(parameters.real("missing")) {}

  bool draw(RandomStream& random, Example& example) const override {
    const MatrixSampler::Size size = sampler_.draw_size(random);
    const std::size_t rank = std::min({rank_, size.n, size.p});
    draw_low_rank(sampler_, random, size, rank, example.target);
    example.source = example.target;
    sampler_.add_noise(random, example.source);
    for (double& entry : example.source.values()) {
      if (random.unit() < missing_) entry = 0;
    }
    return is_determined(example, rank);
  }

  // The worse of all entries' error and that of the missing ones, which copying what is there would leave too small.
  Score score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance) const override {
    require_source_shape(truth, truth.target.rows(), truth.target.columns());
    const Score all = difference_score(truth, hypothesis, coeff_tolerance);
    if (!all.valid) return all;
    ScoreSum missing(coeff_tolerance);
    for (std::size_t i = 0; i < truth.target.size(); ++i) {
      if (truth.source.values()[i] != 0) continue;
      missing.add(hypothesis.values()[i] - truth.target.values()[i], truth.target.values()[i]);
    }
    return is_complete(truth.source) ? all : worse_of(all, missing.score());
  }

  std::vector<std::string> unfamiliar(const Example& example) const override {
    if (sampler_.draws(example.source.rows(), example.source.columns())) return {};
    return {"its shape is none that is drawn"};
  }

 private:
  static bool is_complete(const Matrix& source) {
    return std::ranges::find(source.values(), 0.0) == source.values().end();
  }

  /// Whether the entries that are there allow finitely many matrices X Y of this rank (one only, for rank 1): as many
  /// equations as X (n x r) and Y (r x p) have degrees of freedom, r (n + p - r), are independent. Their derivatives
  /// depend on the example only through the row and column space, so any factors of it will do.
  static bool is_determined(const Example& example, std::size_t rank) {
    const std::size_t n = example.target.rows();
    const std::size_t p = example.target.columns();
    std::vector<double> values(std::min(n, p));
    Matrix left(n, values.size());
    Matrix right(p, values.size());
    if (!singular_vectors(Signs::canonical, n, p, example.target.values(), values, left.values(), right.values())) {
      return false;
    }
    std::vector<double> derivatives;
    std::size_t known = 0;
    for (std::size_t row = 0; row < n; ++row) {
      for (std::size_t column = 0; column < p; ++column) {
        if (example.source(row, column) == 0) continue;
        derivatives.resize(++known * (n + p) * rank);
        double* of_entry = derivatives.data() + (known - 1) * (n + p) * rank;
        for (std::size_t k = 0; k < rank; ++k) {
          of_entry[row * rank + k] = right(column, k);
          of_entry[(n + column) * rank + k] = left(row, k);
        }
      }
    }
    const std::size_t freedom = rank * (n + p - rank);
    if (known < freedom) return false;
    std::vector<double> independent(std::min(known, (n + p) * rank));
    constexpr double smallest = 1e-6;
    return singular_values(known, (n + p) * rank, derivatives, independent) &&
           independent[freedom - 1] > smallest * independent.front();
  }

  MatrixSampler sampler_;
  std::size_t rank_;
  double missing_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::LowRankCompletion, "low_rank_completion", "1.0.0",
                "A matrix of low rank of which entries are missing")
