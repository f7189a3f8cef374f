/// \file
/// The ranks of a run as processes of this machine.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace matseq {

struct LocalRanks {
  std::vector<std::string> command;  ///< the program's path and its arguments, the same for all
  std::size_t count = 1;
  std::int64_t restarts = 0;  ///< how often to start all again after one has failed
  /// How long the others may take to notice that one has failed, before they are killed.
  std::chrono::milliseconds patience{20'000};
};

/// Runs them until all have ended, and passes signals that ask this process to stop on to them. `tell` gets what they
/// write, line by line with the rank in front, and what becomes of them. Returns the exit status: 0 when all have ended
/// well. Throws Stopped when this process was asked to stop, Error when a process cannot be started.
int run_local_ranks(const LocalRanks& ranks, const std::function<void(const std::string& line)>& tell);

}  // namespace matseq
