/// \file
/// When a model is the best so far, and when training has gone on for too long without one.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "evaluation/accuracy.h"
#include "run/criterion.h"
#include "run/training_state.h"

namespace matseq {

/// What an evaluation means for a run.
struct Verdict {
  std::vector<std::string> best;        ///< the validation metrics that are the best so far
  std::vector<std::string> not_finite;  ///< metrics that are not numbers: never the best, whatever came before
};

/// The validation metrics and the stopping criterion of an experiment. Their memory is in the training state.
class StoppingCriteria {
 public:
  /// `stopping` is "METRIC,PATIENCE" or empty; throws Error otherwise.
  StoppingCriteria(const std::vector<std::string>& validation_metrics, const std::string& stopping);

  /// Throws Error that names the setting and what it may be unless all their metrics are among these. `place` says
  /// where a setting of the table [training] was given.
  void require_known(const std::vector<std::string>& metrics,
                     const std::function<std::string(const std::string& key)>& place) const;

  /// Takes an evaluation into account. What the state remembers of another stopping criterion, which the run had
  /// before, is forgotten.
  Verdict record(const std::vector<TestResult>& results, TrainingState& state) const;

  /// True when the stopping criterion has not improved for more epochs in a row than its patience.
  bool should_stop(const TrainingState& state) const { return stopping_ && stopping_->should_stop(state); }

  /// Whether there is nothing left to train: derived from where a run stands and what is asked of it now.
  bool finished(const TrainingState& state, std::int64_t max_epoch) const {
    return state.epoch >= max_epoch || should_stop(state);
  }

 private:
  std::vector<Criterion> validation_;
  std::optional<StoppingCriterion> stopping_;
};

}  // namespace matseq
