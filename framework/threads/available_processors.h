/// \file
/// How many threads can run at a time.
#pragma once

#include <filesystem>

namespace matseq {

/// Processors that this process may use: those that its affinity allows (taskset, a job of SLURM), and no more than the
/// processor time that its control groups have (a container's limit), rounded up. At least 1.
int available_processors();

/// Processors' time over time that the control groups listed in `groups` (as /proc/self/cgroup is) have, infinite where
/// there is no limit; `root` is where the system shows them (/sys/fs/cgroup).
double processors_of_control_groups(const std::filesystem::path& groups, const std::filesystem::path& root);

}  // namespace matseq
