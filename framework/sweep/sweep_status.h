/// \file
/// Where the runs of a sweep stand.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "run/run_record.h"
#include "sweep/sweep_record.h"

namespace matseq {

enum class SweepRunState : std::uint8_t {
  waiting,  ///< it has not begun
  running,
  stopped,  ///< the sweep's command continues it
  finished,
  failed,   ///< it has a failure.txt
  damaged,  ///< its files cannot be read
};

/// "waiting", "running", ...
const char* to_string(SweepRunState state);

struct RunStanding {
  const SweepRun* run = nullptr;
  SweepRunState state = SweepRunState::waiting;
  RunPosition position;
  double metric = 0;   ///< of the last evaluation; not a number while there is none
  std::string reason;  ///< of a run that failed or is damaged

  /// Between 0 and 1.
  double progress() const;
};

/// Where one run stands.
RunStanding standing_of(const std::filesystem::path& folder, const SweepRun& run, const std::string& metric);

/// All runs of a record, which must outlive the result, the best one by the sweep's metric first; those without a
/// figure come last, in the record's order.
std::vector<RunStanding> sweep_standings(const std::filesystem::path& folder, const SweepRecord& record);

/// A metric without the mark that smaller is better.
std::string metric_name(const std::string& metric);

}  // namespace matseq
