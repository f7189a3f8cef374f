#include "inversion_measures.h"

#include <algorithm>
#include <cmath>

#include "matseq/error.h"
#include "matseq/matrix_measures.h"

namespace matseq {

std::vector<Property> InversionMeasures::properties() const {
  return {{"identity", "sum |M H - I| / n of input M and answer H"},
          {"inverse", "relative l1 distance to the true inverse"}};
}

void InversionMeasures::check(const Example& truth) const {
  const std::size_t n = truth.target.columns();
  require_shape("source", truth.source, n, n);
  require_shape("target", truth.target, n, n);
  if (!std::ranges::all_of(truth.source.values(), [](double entry) { return std::isfinite(entry); })) {
    throw Error("'source' has entries that are not finite");
  }
}

std::vector<double> InversionMeasures::deviations(const Example& truth, const Matrix& hypothesis) const {
  return {inversion_residual(truth.source, hypothesis),
          relative_l1_distance(hypothesis.values(), truth.target.values())};
}

std::optional<double> InversionMeasures::condition(const Example& truth, const Matrix* /*hypothesis*/) const {
  return condition_number(truth.source);
}

}  // namespace matseq
