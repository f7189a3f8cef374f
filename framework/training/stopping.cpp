#include "training/stopping.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "matseq/error.h"
#include "matseq/nearest_name.h"

namespace matseq {
namespace {

/// A finite value beats none, and one that is not finite.
bool improves(const Criterion& criterion, const std::string& key, double value, TrainingState& state) {
  if (!std::isfinite(value)) return false;
  const auto [best, is_first] = state.best.try_emplace(key, value);
  if (is_first) return true;
  const bool better = criterion.smaller_is_better ? value < best->second : value > best->second;
  if (std::isfinite(best->second) && !better) return false;
  best->second = value;
  return true;
}

}  // namespace

StoppingCriteria::StoppingCriteria(const std::vector<std::string>& validation_metrics, const std::string& stopping) {
  for (const std::string& metric : validation_metrics) validation_.push_back(Criterion::parse(metric));
  if (stopping.empty()) return;
  stopping_ = StoppingCriterion::parse(stopping);
  if (stopping_) return;
  throw Error(
      fmt::format("'{}' is not accepted; accepted is \"METRIC,PATIENCE\" such as \"valid.accuracy,30\"", stopping));
}

void StoppingCriteria::require_known(const std::vector<std::string>& metrics,
                                     const std::function<std::string(const std::string& key)>& place) const {
  const auto require = [&](const Criterion& criterion, const char* key) {
    if (std::ranges::find(metrics, criterion.metric) != metrics.end()) return;
    const std::string hint = nearest_name(criterion.metric, metrics);
    throw Error(fmt::format("{}: the evaluation will have no metric '{}'{} Known: {}", place(key), criterion.metric,
                            hint.empty() ? "." : hint, quoted_list(metrics)));
  };
  for (const Criterion& criterion : validation_) require(criterion, "validation_metrics");
  if (stopping_) require(stopping_->criterion, "stopping_criterion");
}

Verdict StoppingCriteria::record(const std::vector<TestResult>& results, TrainingState& state) const {
  Verdict verdict;
  const auto value_of = [&](const Criterion& criterion) {
    const double value = metric(results, criterion.metric);
    if (!std::isfinite(value)) verdict.not_finite.push_back(criterion.metric);
    return value;
  };
  for (const Criterion& criterion : validation_) {
    if (improves(criterion, criterion.text(), value_of(criterion), state)) verdict.best.push_back(criterion.metric);
  }
  const std::string key = stopping_ ? stopping_->key() : "";
  std::erase_if(state.best, [&key](const auto& best) {
    return best.first.starts_with(StoppingCriterion::key_prefix) && best.first != key;
  });
  if (!stopping_ || !state.best.contains(key)) state.epochs_without_improvement = 0;
  if (!stopping_) return verdict;
  const bool improved = improves(stopping_->criterion, key, value_of(stopping_->criterion), state);
  state.epochs_without_improvement = improved ? 0 : state.epochs_without_improvement + 1;
  state.best.try_emplace(key, std::nan(""));  // says to which criterion the epochs belong
  return verdict;
}

}  // namespace matseq
