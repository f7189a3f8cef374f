/// \file
/// times.jsonl: how long a run took. It stands apart from metrics.jsonl, which is the same to the bit however often a
/// run was stopped.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <vector>

#include "run/metrics_file.h"
#include "run/training_state.h"

namespace matseq {

/// When a run came to an update.
struct RunTime {
  std::int64_t update = 0;
  std::int64_t epoch = 0;  ///< epochs done and evaluated
  /// Since the run's beginning, evaluations included; the time between a stop and the next beginning is not, nor that
  /// of updates that were done again.
  double seconds = 0;
  /// Of training since the line before; not a number after an evaluation.
  double examples_per_second = std::numeric_limits<double>::quiet_NaN();
};

/// Appends lines `{"update", "epoch", "seconds", "examples_per_second"}` while a run trains.
class RunTimes {
 public:
  /// Goes on from where the run's state stands: what was written behind it is dropped. Throws Error for a file that is
  /// not matseq's.
  RunTimes(const std::filesystem::path& folder, const TrainingState& from);

  void add(const TrainingState& state, double examples_per_second = std::numeric_limits<double>::quiet_NaN());

 private:
  /// What there is of a run, and where that ends in the file.
  struct Past {
    std::uint64_t size = 0;
    double seconds = 0;
  };

  static Past past(const std::filesystem::path& folder, const TrainingState& state);
  RunTimes(const std::filesystem::path& folder, const Past& past);

  MetricsFile file_;
  double seconds_before_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// The times in a run's folder; none for a run of a version that wrote none. Lines that cannot be read are left out.
std::vector<RunTime> read_run_times(const std::filesystem::path& folder);

}  // namespace matseq
