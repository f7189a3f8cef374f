/// \file
/// What a training leaves in its run's folder.
#pragma once

#include <cstdint>
#include <optional>

#include "configuration/experiment.h"
#include "data/experiment_data.h"
#include "matseq/model.h"
#include "matseq/optimizer.h"
#include "run/metrics.h"
#include "run/progress.h"
#include "run/run_folder.h"
#include "run/run_times.h"
#include "training/training_observer.h"
#include "training/weight_average.h"

namespace matseq {

/// Writes a training's metrics, times, checkpoints, best and periodic weights, and the examples of updates that were
/// skipped.
class RunRecorder : public TrainingObserver {
 public:
  /// All must outlive this; `average` may be null. Metrics go on from `records`, times from the state `from`.
  RunRecorder(const RunFolder& folder, const TrainingConfiguration& settings, const ExperimentData& data, Model& model,
              Optimizer& optimizer, const WeightAverage* average, Progress& progress, const RecordPositions& records,
              const TrainingState& from);

  void on_skip(const SkipReport& report) override;
  void on_progress(const ProgressReport& report) override;
  void on_epoch(const EpochReport& report) override;
  void on_checkpoint(const TrainingState& state) override;

 private:
  const RunFolder& folder_;
  const TrainingConfiguration& settings_;
  const ExperimentData& data_;
  Model& model_;
  Optimizer& optimizer_;
  const WeightAverage* average_;
  Progress& progress_;
  Metrics metrics_;
  RunTimes times_;
};

}  // namespace matseq
