#include "sweep/slurm_array.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "files/atomic_file.h"
#include "files/file_descriptor.h"
#include "matseq/error.h"
#include "matseq/printable.h"
#include "slurm/slurm_job.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

fs::path jobs_file(const fs::path& folder) { return folder / "slurm.json"; }
fs::path script_file(const fs::path& folder) { return folder / "slurm.sh"; }

/// For a shell.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char letter : text) letter == '\'' ? result += "'\\''" : result += letter;
  return result + "'";
}

/// For a line that begins with #SBATCH.
std::string path_in_line(const fs::path& path) {
  const std::string text = path.string();
  if (text.find_first_of("\n\r\"\\%") == std::string::npos) return "\"" + text + "\"";
  throw Error(
      fmt::format("{}: SLURM takes no path with line ends, quotes, backslashes or percent signs; name another "
                  "folder with --dir",
                  printable(text)));
}

}  // namespace

std::string batch_script(const SlurmArray& array) {
  std::string text = "#!/bin/bash\n";
  const auto option = [&](const std::string& line) { text += "#SBATCH " + line + "\n"; };
  option("--job-name=" + array.name);
  const std::string limit = array.at_a_time > 0 ? fmt::format("%{}", array.at_a_time) : "";
  option(fmt::format("--array=0-{}{}", array.runs.size() - 1, limit));
  const std::string log = path_in_line(array.folder / "slurm-");
  option("--output=" + log.substr(0, log.size() - 1) + "%A_%a.log\"");
  option("--open-mode=append");
  option("--chdir=" + path_in_line(fs::current_path()));
  option("--requeue");
  option("--signal=B:USR1@90");  // time to save, and to go back into the queue
  option(fmt::format("--cpus-per-task={}", array.cpus));
  for (const std::string& line : array.options) option(line);
  text += "runs=(";
  for (const std::string& run : array.runs) text += "\n  " + quoted(run);
  text += "\n)\n";
  text +=
      fmt::format("exec {} sweep {} --dir {} --only \"${{runs[$SLURM_ARRAY_TASK_ID]}}\"\n",
                  quoted(array.executable.string()), quoted(array.sweep_file.string()), quoted(array.folder.string()));
  return text;
}

std::vector<QueuedArray> queued_arrays(const fs::path& folder) {
  std::vector<QueuedArray> queued;
  if (!fs::exists(jobs_file(folder))) return queued;
  const Json jobs = Json::parse(FileDescriptor(jobs_file(folder), O_RDONLY).content(), nullptr, false);
  const auto refuse = [&] {
    throw Error(
        fmt::format("{}: this is damaged; without it, runs that wait in SLURM's queue would be submitted again: "
                    "remove it when none do",
                    printable(jobs_file(folder).string())));
  };
  const auto is_text = [](const Json& value) { return value.is_string(); };
  if (!jobs.is_array()) refuse();
  for (const Json& job : jobs) {
    if (!job.is_object() || !job.contains("id") || !is_text(job["id"]) || !job.contains("runs") ||
        !job["runs"].is_array() || !std::ranges::all_of(job["runs"], is_text)) {
      refuse();
    }
    QueuedArray array{job["id"].get<std::string>(), job["runs"].get<std::vector<std::string>>(), {}};
    for (const std::size_t task : live_tasks(array.id)) {
      if (task < array.runs.size()) array.live.insert(array.runs[task]);
    }
    if (!array.live.empty()) queued.push_back(std::move(array));
  }
  return queued;
}

std::string submit_array(const SlurmArray& array, const std::vector<QueuedArray>& queued) {
  write_atomically(script_file(array.folder), batch_script(array));
  std::string id = submit(script_file(array.folder).string());
  Json jobs = Json::array();
  for (const QueuedArray& job : queued) jobs.push_back({{"id", job.id}, {"runs", job.runs}});
  jobs.push_back({{"id", id}, {"runs", array.runs}});
  write_atomically(jobs_file(array.folder), jobs.dump(1) + "\n");
  return id;
}

}  // namespace matseq
