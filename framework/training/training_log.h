/// \file
/// What a person reads of a training.
#pragma once

#include <string>

#include "configuration/experiment.h"
#include "data/data_remarks.h"
#include "matseq/model.h"
#include "run/progress.h"
#include "training/training_observer.h"

namespace matseq {

/// Writes a training's course to a run's log and to the terminal. `folder` is the run's, as messages name it.
class TrainingLog : public TrainingObserver {
 public:
  /// `model` tells its operations; all must outlive this.
  TrainingLog(Progress& progress, const TrainingConfiguration& settings, std::string folder, const Model& model,
              torch::Device device, torch::ScalarType precision, DataLimits limits);

  void on_begin(const BeginReport& report) override;
  void on_update(const UpdateReport& report) override;
  void on_skip(const SkipReport& report) override;
  void on_warning(const std::string& text) override;
  void on_progress(const ProgressReport& report) override;
  void on_epoch(const EpochReport& report) override;
  void on_end(const TrainingState& state, TrainingEnd end) override;

 private:
  void find_peak_rate();

  Progress& progress_;
  const TrainingConfiguration& settings_;
  std::string folder_;
  const Model& model_;
  torch::Device device_;
  torch::ScalarType precision_;
  DataLimits limits_;
  double peak_rate_ = 0;  ///< operations a second of matrix products; 0: not known
};

}  // namespace matseq
