/// \file
/// The training loop (spec section 6).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "configuration/experiment.h"
#include "data/batch_pipeline.h"
#include "data/example_source.h"
#include "distributed/tensors/communicator.h"
#include "evaluation/accuracy.h"
#include "matseq/model.h"
#include "matseq/optimizer.h"
#include "matseq/schedule.h"
#include "run/training_state.h"
#include "training/batch_gradients.h"
#include "training/micro_batches.h"
#include "training/stopping.h"
#include "training/training_observer.h"

namespace matseq {

/// What a training works with. The references must outlive the trainer.
struct TrainingParts {
  Model& model;  ///< on its device
  Optimizer& optimizer;
  std::vector<NamedTensor> parameters;  ///< what the optimizer trains
  const Schedule& schedule;
  double base_rate;  ///< that the schedule starts from
  std::shared_ptr<const ExampleSource> examples;
  std::int64_t workers;  ///< threads that make batches; 0: none
  std::uint64_t seed;    ///< of what model and optimizer draw, such as a dropout
  torch::Device device;
  torch::ScalarType precision;
  MakeGraphCapture capture;                                 ///< null: no graphs
  std::function<std::vector<TestResult>(Model&)> evaluate;  ///< the same results on all ranks
  Communicator& ranks;
};

struct TrainingOutcome {
  bool interrupted = false;         ///< on request; the run can be continued
  std::vector<TestResult> results;  ///< of the last evaluation
};

/// Trains a model epoch by epoch; an epoch ends with an evaluation. All that goes outside, files included, is done by
/// observers. What a training does next depends on its state and the model's and optimizer's tensors only: a run
/// continued from a checkpoint ends as one that was never stopped. Several ranks share out the micro-batches of each
/// update, and change no bit of it.
class Trainer {
 public:
  /// Goes on from `checkpoint`, whose tensors model and optimizer have; a new run has none. Throws Error that says
  /// which numbers of ranks an update's micro-batches can be shared out among where this is none of them.
  Trainer(const TrainingConfiguration& settings, TrainingParts parts,
          const std::optional<TrainingState>& checkpoint = std::nullopt);

  /// The observer must outlive the trainer.
  void attach(TrainingObserver& observer) { observers_.push_back(&observer); }

  const TrainingState& state() const { return state_; }

  /// Trains until max_epoch, the stopping criterion, or until `stop_requested` says so, which is looked at before every
  /// batch and evaluation; or until a part throws Stopped, as it may wherever it takes long. Throws Error when too many
  /// updates in a row had to be skipped.
  TrainingOutcome run(const std::function<bool()>& stop_requested = [] { return false; });

 private:
  /// Of an update's examples, of this rank or of all.
  struct UpdateSums {
    torch::Tensor loss;    ///< 0-dimensional float64
    double predicted = 0;  ///< tokens
    double examples = 0;
    double tokens = 0;
    ExampleCounts data;     ///< of this rank
    double operations = 0;  ///< of this rank, in the model's matrix products
  };

  std::int64_t examples_an_update() const { return settings_.batch_size * settings_.accumulate_gradients; }
  bool finished() const { return criteria_.finished(state_, settings_.max_epoch); }
  void open_batches();
  std::vector<TestResult> train_epoch();
  void stop_if_requested() const;
  void agree_to_stop();
  const HostBatch* next_batch(UpdateSums& sums);
  UpdateSums form_gradients(double scale);
  UpdateSums add_gradients(double scale);
  void reset_gradients() const;
  void update();
  void skip(double loss, double norm);
  void report_progress();
  void add_up_data();
  void checkpoint();
  std::vector<TestResult> end_epoch();

  template <typename Event, typename... Arguments>
  void notify(Event event, const Arguments&... arguments) {
    for (TrainingObserver* observer : observers_) (observer->*event)(arguments...);
  }

  const TrainingConfiguration& settings_;
  TrainingParts parts_;
  StoppingCriteria criteria_;
  BatchGradients gradients_;
  std::int64_t updates_an_epoch_;
  std::size_t micro_batches_;                   ///< an update
  std::vector<UpdateBatch> batches_an_update_;  ///< of this rank
  std::vector<TrainingObserver*> observers_;
  std::function<bool()> stop_requested_;
  std::unique_ptr<BatchPipeline> batches_;
  TrainingState state_;
  ExampleCounts data_;        ///< of this rank, not in the state yet
  bool stop_agreed_ = false;  ///< some rank has been asked to stop
  bool saved_;                ///< nothing has changed since the last checkpoint
  Throughput throughput_;
};

}  // namespace matseq
