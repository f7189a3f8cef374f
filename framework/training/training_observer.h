/// \file
/// What can be seen of a training from outside it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "evaluation/accuracy.h"
#include "run/training_state.h"
#include "training/stopping.h"

namespace matseq {

/// How a training begins or goes on.
struct BeginReport {
  const TrainingState& state;
  std::int64_t updates_an_epoch;
  std::int64_t updates_left;  ///< to the last epoch's end
};

struct UpdateReport {
  const TrainingState& state;  ///< after it
  std::int64_t updates_an_epoch;
};

/// What has been done since a moment. Not part of the run's state: time is not.
struct Throughput {
  std::int64_t examples = 0;
  std::int64_t tokens = 0;
  double operations = 0;                         ///< of the model's matrix products, where it tells them
  std::chrono::steady_clock::duration waited{};  ///< for data
  std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
};

/// Of the updates since the last such report.
struct ProgressReport {
  const TrainingState& state;
  double loss;           ///< mean; not a number when every update was skipped
  double learning_rate;  ///< of the last update
  const Throughput& throughput;
};

/// An update that was not done, since its loss or gradient was not finite.
struct SkipReport {
  const TrainingState& state;  ///< after it
  double loss = 0;
  double gradient_norm = 0;
  std::uint64_t first_example = 0;  ///< number of the first of its examples
  std::uint64_t examples = 0;
};

struct EpochReport {
  const TrainingState& state;  ///< after it
  const std::vector<TestResult>& results;
  const Verdict& verdict;
  double seconds;  ///< of the evaluation
};

enum class TrainingEnd : std::uint8_t {
  last_epoch,   ///< max_epoch epochs are done
  no_better,    ///< the stopping criterion has not improved for too long
  interrupted,  ///< someone asked for it; everything is saved
};

/// Watches a training: logs it, writes its metrics, saves its checkpoints. Called on the training's thread, every
/// observer in the order in which they were attached; what a call throws ends the training.
class TrainingObserver {
 public:
  TrainingObserver() = default;
  TrainingObserver(const TrainingObserver&) = delete;
  TrainingObserver& operator=(const TrainingObserver&) = delete;
  virtual ~TrainingObserver() = default;

  virtual void on_begin(const BeginReport& /*report*/) {}
  virtual void on_update(const UpdateReport& /*report*/) {}
  virtual void on_skip(const SkipReport& /*report*/) {}
  virtual void on_warning(const std::string& /*text*/) {}
  /// Every `training.log_every` updates.
  virtual void on_progress(const ProgressReport& /*report*/) {}
  /// After an evaluation, before the checkpoint of the epoch's end.
  virtual void on_epoch(const EpochReport& /*report*/) {}
  /// The run must be able to go on from this state: at the beginning of a new run, every `training.save_every` updates,
  /// before and after every evaluation, and when a training is interrupted.
  virtual void on_checkpoint(const TrainingState& /*state*/) {}
  virtual void on_end(const TrainingState& /*state*/, TrainingEnd /*end*/) {}
};

}  // namespace matseq
