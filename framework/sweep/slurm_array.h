/// \file
/// A sweep's runs as a job array of SLURM. A task of it does one run as `matseq sweep` on one machine would; which run
/// is which task's stands in the batch script and in slurm.json.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace matseq {

/// What a batch script is made of.
struct SlurmArray {
  std::string name;                  ///< the job's
  std::filesystem::path executable;  ///< matseq's; all paths are absolute
  std::filesystem::path sweep_file;
  std::filesystem::path folder;
  std::vector<std::string> runs;     ///< one a task, from 0 on
  std::vector<std::string> options;  ///< sbatch's, of the sweep file: they come after, and so instead of, our own
  std::int64_t cpus = 1;             ///< for each task
  std::int64_t at_a_time = 0;        ///< tasks; 0: as many as SLURM likes
};

/// Throws Error for a path that cannot stand in a line of a script.
std::string batch_script(const SlurmArray& array);

/// An array that a sweep's folder has submitted, of which a task waits, runs or ends.
struct QueuedArray {
  std::string id;                 ///< the job's number
  std::vector<std::string> runs;  ///< one a task
  std::set<std::string> live;     ///< those whose tasks SLURM has still
};

/// Those that slurm.json names and SLURM, which is asked, still has. Throws Error when the file is damaged.
std::vector<QueuedArray> queued_arrays(const std::filesystem::path& folder);

/// Writes the script into the sweep's folder and submits it; returns the job's number, which slurm.json has then,
/// beside `queued`, the folder's other arrays.
std::string submit_array(const SlurmArray& array, const std::vector<QueuedArray>& queued);

}  // namespace matseq
