/// \file
/// By what a run is judged: which of its models is the best, and when it goes on no longer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "run/training_state.h"

namespace matseq {

/// A metric by name; a leading '_' means smaller is better.
struct Criterion {
  std::string metric;
  bool smaller_is_better = false;

  static Criterion parse(const std::string& text);
  std::string text() const { return (smaller_is_better ? "_" : "") + metric; }
};

/// `training.stopping_criterion`. Its memory is in the training state.
struct StoppingCriterion {
  Criterion criterion;
  std::int64_t patience = 0;

  /// "METRIC,PATIENCE"; none for any other text.
  static std::optional<StoppingCriterion> parse(const std::string& text);

  /// Where a training state keeps its best value: `key_prefix` and the criterion.
  std::string key() const { return key_prefix + criterion.text(); }
  static constexpr const char* key_prefix = "stopping ";

  /// True when it has not improved for more epochs in a row than its patience. What the state remembers of another
  /// criterion says nothing.
  bool should_stop(const TrainingState& state) const {
    return state.best.contains(key()) && state.epochs_without_improvement > patience;
  }
};

}  // namespace matseq
