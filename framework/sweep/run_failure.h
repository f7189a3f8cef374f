/// \file
/// failure.txt of a run whose process failed (run/run_list.h).
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace matseq {

struct RunFailure {
  std::string reason;      ///< "exit status 1", "killed by signal 9 (Killed)"
  bool by_signal = false;  ///< nothing is wrong with the run itself: it is done again without being asked
  std::string log;         ///< the last lines of its log
};

void write_failure(const std::filesystem::path& run, const RunFailure& failure);

/// None when it has not failed.
std::optional<RunFailure> read_failure(const std::filesystem::path& run);

/// Removes the file: the run is begun again.
void forget_failure(const std::filesystem::path& run);

/// The last lines of a log, few and short enough to be shown; empty when there is none.
std::string end_of_log(const std::filesystem::path& file);

}  // namespace matseq
