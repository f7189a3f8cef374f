#include "slurm/slurm_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <vector>

#include "matseq/error.h"
#include "matseq/printable.h"
#include "slurm/program_output.h"
#include "threads/stop_request.h"

namespace matseq {
namespace {

constexpr std::size_t longest_message = 500;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The lines of a text, without empty ones.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

[[noreturn]] void refuse(const std::string& command, const ProgramOutput& done) {
  const std::vector<std::string> said = lines_of(done.errors);
  throw Error(fmt::format("{} ended with status {}{}", command, done.status,
                          said.empty() ? "" : ": " + printable(said.front(), longest_message)));
}

}  // namespace

std::string own_slurm_job() {
  const std::string array = variable("SLURM_ARRAY_JOB_ID");
  for (const char* rank : {"SLURM_PROCID", "RANK"}) {  // srun's, another launcher's
    if (!variable(rank).empty() && variable(rank) != "0") return "";
  }
  if (!array.empty()) return array + "_" + variable("SLURM_ARRAY_TASK_ID");
  return variable("SLURM_JOB_ID");
}

void requeue(const std::string& job) {
  const ProgramOutput done = program_output({"scontrol", "requeue", job});
  if (done.status != 0) refuse("scontrol requeue " + job, done);
}

void requeue_if_time_is_up() {
  const std::string job = own_slurm_job();
  if (stop_signal() != SIGUSR1 || job.empty()) return;
  try {
    requeue(job);
    std::cerr << fmt::format("the time is up: everything is saved, and job {} is in the queue again\n", job);
  } catch (const Error& error) {
    std::cerr << fmt::format("warning: the time is up and everything is saved, but the job is not requeued: {}\n",
                             error.what());
  }
}

std::string submit(const std::string& script) {
  const ProgramOutput done = program_output({"sbatch", "--parsable", script});
  if (done.status != 0) refuse("sbatch", done);
  // "12" or "12;cluster"
  std::string job = done.output.substr(0, done.output.find_first_of(";\n"));
  if (job.empty() || job.find_first_not_of("0123456789") != std::string::npos) {
    throw Error(
        fmt::format("sbatch has answered '{}', which is no job's number", printable(done.output, longest_message)));
  }
  return job;
}

std::set<std::size_t> live_tasks(const std::string& array) {
  const ProgramOutput done = program_output({"squeue", "--noheader", "--array", "--jobs=" + array, "--format=%K"});
  if (done.status != 0) {
    if (done.errors.find("Invalid job id") != std::string::npos) return {};
    refuse("squeue", done);
  }
  std::set<std::size_t> tasks;
  for (const std::string& line : lines_of(done.output)) {
    std::size_t task = 0;
    if (std::from_chars(line.data(), line.data() + line.size(), task).ec == std::errc()) tasks.insert(task);
  }
  return tasks;
}

}  // namespace matseq
