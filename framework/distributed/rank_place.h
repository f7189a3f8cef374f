/// \file
/// Where this process stands among those that train one model together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace matseq {

/// A process's place among the ranks of a run, and where they meet.
struct RankPlace {
  std::size_t rank = 0;
  std::size_t size = 1;        ///< ranks in all
  std::size_t local_rank = 0;  ///< among those on this machine
  std::size_t local_size = 1;  ///< how many are on this machine; 1 where nobody says
  std::string address;         ///< of rank 0's machine
  std::uint16_t port = 0;      ///< where rank 0 waits for the others

  bool alone() const { return size == 1; }
};

/// The value of an environment variable; null where it is not set.
using EnvironmentVariable = std::function<const char*(const char* name)>;

/// The place that the launcher has told this process: torchrun's and `matseq launch`'s variables (RANK, WORLD_SIZE,
/// LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR, MASTER_PORT), or else those of a step of SLURM (SLURM_PROCID,
/// SLURM_STEP_NUM_TASKS, ...), where MASTER_ADDR and MASTER_PORT may stand, too. Alone where there are none. Throws
/// Error that names the variable and what it may be where they make no sense.
RankPlace find_rank_place(const EnvironmentVariable& variable);

/// The first name of a list of machines as SLURM writes it: "n07" of "n[07-09,11],m1".
std::string first_host(const std::string& list);

}  // namespace matseq
