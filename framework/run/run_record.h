/// \file
/// What a run's folder tells: where the run stands, its curves and its configuration. Read by all that shows runs,
/// while they train, too, and without LibTorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "configuration/flat_configuration.h"
#include "run/run_times.h"

namespace matseq {

enum class RunStatus : std::uint8_t {
  not_begun,  ///< there is no checkpoint
  running,    ///< a process trains it now
  stopped,    ///< there is something left to train, and nobody does
  finished,
  model_only,  ///< a copy of its model, which `matseq export --as model` has written: nothing to train on
};

/// "not begun", "running", "stopped", "finished", "a model alone".
const char* to_string(RunStatus status);

/// Where a run stands. It is found fast, for tables of many runs.
struct RunPosition {
  RunStatus status = RunStatus::not_begun;
  std::int64_t update = 0;             ///< of the last checkpoint or, if that is later, of the last record
  std::int64_t updates = 0;            ///< to the last epoch's end; a stopping criterion may end it before
  std::int64_t epoch = 0;              ///< epochs done
  double seconds = 0;                  ///< of training so far
  std::optional<double> seconds_left;  ///< while it runs, at the rate of the whole run
  nlohmann::ordered_json evaluation;   ///< the last line of metrics.jsonl with test sets; null when there is none
};

/// Throws Error when the folder is no run or its files cannot be read.
RunPosition run_position(const std::filesystem::path& folder);

/// A line of metrics.jsonl about training.
struct TrainingPoint {
  std::int64_t update = 0;
  double loss = 0;  ///< mean since the point before; not a number when every update was skipped
  double learning_rate = 0;
};

/// A line of metrics.jsonl about an evaluation.
struct EvaluationPoint {
  std::int64_t update = 0;
  std::int64_t epoch = 0;
  double seconds = 0;           ///< since the run's beginning; not a number when nobody noted it
  nlohmann::ordered_json sets;  ///< by test set's name: "accuracy", "within", "classes" and so on
};

struct RunRecord {
  std::filesystem::path folder;
  std::string name;  ///< the folder's
  RunPosition position;
  FlatSettings settings;  ///< with the framework's defaults for what was not known when it was written
  std::int64_t examples_an_update = 1;
  std::vector<TrainingPoint> training;
  std::vector<EvaluationPoint> evaluations;
  std::vector<RunTime> times;
};

/// Throws Error when the folder is no run or its files cannot be read.
RunRecord read_run_record(const std::filesystem::path& folder);

/// A figure of an evaluation by its name as in `training.validation_metrics`, "valid.accuracy" or
/// "valid.within.d1.0.05"; not a number when it has none or it is not finite.
double evaluation_metric(const nlohmann::ordered_json& sets, const std::string& metric);

/// Seconds from a run's beginning to an update, between the times noted; not a number when that is not known.
double seconds_at(const std::vector<RunTime>& times, std::int64_t update);

}  // namespace matseq
