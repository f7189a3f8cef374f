#include "evaluation/sample_summary.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

#include "analysis/distribution.h"

namespace matseq {
namespace {

bool same_shape(const Matrix& one, const Matrix& other) {
  return one.rows() == other.rows() && one.columns() == other.columns();
}

/// The first of the samples of the commonest shape.
const Matrix& commonest_shape(const std::vector<Matrix>& samples) {
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> counts;
  for (const Matrix& sample : samples) ++counts[{sample.rows(), sample.columns()}];
  return *std::ranges::max_element(samples, {}, [&](const Matrix& sample) {
    return counts[{sample.rows(), sample.columns()}];
  });
}

}  // namespace

double SampleSummary::coverage(const Matrix& truth) const {
  if (!same_shape(truth, median) || truth.size() == 0) return 0;
  std::size_t within = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (lower.values()[i] <= truth.values()[i] && truth.values()[i] <= upper.values()[i]) ++within;
  }
  return static_cast<double>(within) / static_cast<double>(truth.size());
}

std::optional<SampleSummary> summarise_samples(const std::vector<Matrix>& samples, double level) {
  if (samples.empty()) return std::nullopt;
  const Matrix& shape = commonest_shape(samples);
  SampleSummary summary{shape, shape, shape};
  for (std::size_t i = 0; i < shape.size(); ++i) {
    std::vector<double> coefficients;
    for (const Matrix& sample : samples) {
      if (same_shape(sample, shape)) coefficients.push_back(sample.values()[i]);
    }
    std::ranges::sort(coefficients);
    summary.median.values()[i] = quantile(coefficients, 0.5);
    summary.lower.values()[i] = quantile(coefficients, (1 - level) / 2);
    summary.upper.values()[i] = quantile(coefficients, (1 + level) / 2);
  }
  return summary;
}

}  // namespace matseq
