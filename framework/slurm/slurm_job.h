/// \file
/// This process as a job of SLURM, and SLURM's commands.
#pragma once

#include <cstddef>
#include <set>
#include <string>

namespace matseq {

/// The job that this process is, as `scontrol` names it: "12", or "12_3", a task of an array. Empty outside of jobs,
/// and for all but a job's first process, so that one of them speaks for all.
std::string own_slurm_job();

/// Has SLURM put this job back into its queue, which ends it. Throws Error when SLURM does not.
void requeue(const std::string& job);

/// Requeues this process's job, if it is one and was asked to stop because its time is up (SIGUSR1). To be called when
/// everything is saved. Says on standard error what came of it.
void requeue_if_time_is_up();

/// Submits a batch script; returns the job's number. Throws Error when there is no SLURM, or it refuses.
std::string submit(const std::string& script);

/// The tasks of a job array that wait, run or end at present; none when SLURM does not know the job any more. Throws
/// Error when SLURM does not answer.
std::set<std::size_t> live_tasks(const std::string& array);

}  // namespace matseq
