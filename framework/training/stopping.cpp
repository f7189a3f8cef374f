#include "training/stopping.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "configuration/toml_document.h"
#include "matseq/error.h"

namespace matseq {
namespace {

bool improves(const Criterion& criterion, const std::string& key, double value, TrainingState& state) {
  const auto best = state.best.find(key);
  if (best != state.best.end() && !(criterion.smaller_is_better ? value < best->second : value > best->second)) {
    return false;
  }
  state.best[key] = value;
  return true;
}

/// Settings that may change when a run is continued: they do not change what has been learned so far.
bool may_change(const std::string& table, const std::string& key) {
  static constexpr std::array<const char*, 11> training = {
      "max_epoch", "save_periodic", "save_every",  "stopping_criterion", "validation_metrics", "device",
      "threads",   "log_every",     "max_skipped", "precision",          "cuda_graphs"};
  // The model is made for hypotheses of this length.
  if (table == "evaluation") return key != "max_output_len";
  if (table == "data") return key == "workers";
  return table == "training" && std::ranges::find(training, key) != training.end();
}

/// An entry as TOML: values of every type can be compared so.
std::string text_of(const std::string& key, const ParameterTable::Entry& entry) {
  TomlDocument document;
  document.values.entries[key] = entry;
  return format_toml(document);
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
  if (stopping_) {
    const double value = metric(results, stopping_->metric);
    const bool improved = improves(*stopping_, "stopping " + stopping_->text(), value, state);
    state.epochs_without_improvement = improved ? 0 : state.epochs_without_improvement + 1;
  }
  return better;
}

bool StoppingCriteria::should_stop(const TrainingState& state) const {
  return stopping_ && state.epochs_without_improvement > patience_;
}

std::string continuation_conflict(const std::string& existing, const std::string& wanted) {
  const TomlDocument before = parse_toml(existing, "config.toml of the run", {});
  const TomlDocument after = parse_toml(wanted, "the experiment", {});
  for (const auto& [name, table] : after.tables) {
    const auto old = before.tables.find(name);
    if (old == before.tables.end()) return fmt::format("it has no table [{}]", name);
    for (const auto& [key, entry] : table.entries) {
      if (may_change(name, key)) continue;
      const auto value = old->second.entries.find(key);
      if (value == old->second.entries.end() || text_of(key, value->second) != text_of(key, entry)) {
        return fmt::format("its {}.{} differs", name, key);
      }
    }
  }
  return "";
}

}  // namespace matseq
