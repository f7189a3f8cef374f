/// \file
/// Makes file operations fail, or the process die in one. A test links this library; for other programs it is named in
/// LD_PRELOAD, and the environment says what is to happen:
///   MATSEQ_FAULT_FOLDER      only operations on files in this folder (an absolute path) count
///   MATSEQ_FAULT_OPERATIONS  which count: names of `operation_names`, joined by commas; all when not set
///   MATSEQ_FAULT_AT          the number, from 1, of the operation it happens at
///   MATSEQ_FAULT_ACTION      what happens: a name of `action_names`
///   MATSEQ_FAULT_COUNT       file in which the number of operations is written when the process ends by itself
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace matseq::faults {

enum class Operation : std::uint8_t { open, read, write, sync, rename, truncate, remove, close, lock };
inline constexpr std::array<std::string_view, 9> operation_names = {"open",     "read",   "write", "sync", "rename",
                                                                    "truncate", "remove", "close", "lock"};

enum class Action : std::uint8_t {
  kill,      ///< SIGKILL before the operation
  torn,      ///< a write writes half, then SIGKILL; else like kill
  part,      ///< a write writes half and says so, which is no error; else nothing
  no_space,  ///< the operation fails with ENOSPC
  broken,    ///< the operation fails with EIO
};
inline constexpr std::array<std::string_view, 5> action_names = {"kill", "torn", "part", "no_space", "broken"};

/// From now on, counted anew. `at` 0: never. `operations` as in the environment; all when empty.
void arm(std::string_view folder, std::int64_t at, Action action, std::string_view operations = "");
/// Operations since then.
std::int64_t count();

}  // namespace matseq::faults
