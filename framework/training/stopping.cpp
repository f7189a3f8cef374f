#include "training/stopping.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "matseq/error.h"

namespace matseq {
namespace {

const std::string stopping_prefix = "stopping ";

bool improves(const Criterion& criterion, const std::string& key, double value, TrainingState& state) {
  const auto best = state.best.find(key);
  if (best != state.best.end() && !(criterion.smaller_is_better ? value < best->second : value > best->second)) {
    return false;
  }
  state.best[key] = value;
  return true;
}

}  // namespace

Criterion Criterion::parse(const std::string& text) {
  const bool smaller = text.starts_with('_');
  return {smaller ? text.substr(1) : text, smaller};
}

StoppingCriteria::StoppingCriteria(const std::vector<std::string>& validation_metrics, const std::string& stopping) {
  for (const std::string& metric : validation_metrics) validation_.push_back(Criterion::parse(metric));
  if (stopping.empty()) return;
  const std::size_t comma = stopping.find(',');
  const char* end = stopping.data() + stopping.size();
  const bool has_patience = comma != std::string::npos && comma > 0;
  const auto parsed = has_patience ? std::from_chars(stopping.data() + comma + 1, end, patience_)
                                   : std::from_chars_result{end, std::errc::invalid_argument};
  if (parsed.ec != std::errc() || parsed.ptr != end || patience_ < 0) {
    throw Error(
        fmt::format("training.stopping_criterion: '{}' is not accepted; accepted is \"METRIC,PATIENCE\" such as "
                    "\"valid.accuracy,30\"",
                    stopping));
  }
  stopping_ = Criterion::parse(stopping.substr(0, comma));
}

std::vector<std::string> StoppingCriteria::record(const std::vector<TestResult>& results, TrainingState& state) const {
  std::vector<std::string> better;
  for (const Criterion& criterion : validation_) {
    const double value = metric(results, criterion.metric);
    if (improves(criterion, criterion.text(), value, state)) better.push_back(criterion.metric);
  }
  const std::string key = stopping_key();
  std::erase_if(state.best,
                [&key](const auto& best) { return best.first.starts_with(stopping_prefix) && best.first != key; });
  const bool improved = !stopping_ || improves(*stopping_, key, metric(results, stopping_->metric), state);
  state.epochs_without_improvement = improved ? 0 : state.epochs_without_improvement + 1;
  return better;
}

bool StoppingCriteria::should_stop(const TrainingState& state) const {
  return stopping_ && state.best.contains(stopping_key()) && state.epochs_without_improvement > patience_;
}

std::string StoppingCriteria::stopping_key() const { return stopping_ ? stopping_prefix + stopping_->text() : ""; }

}  // namespace matseq
