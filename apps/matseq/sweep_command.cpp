#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "commands.h"
#include "files/json_number.h"
#include "matseq/error.h"
#include "matseq/nearest_name.h"
#include "matseq/printable.h"
#include "own_executable.h"
#include "reference/optimizer_spec.h"
#include "run/duration_text.h"
#include "run/run_list.h"
#include "run/run_lock.h"
#include "run/terminal_line.h"
#include "slurm/slurm_job.h"
#include "sweep/machine_shares.h"
#include "sweep/run_failure.h"
#include "sweep/slurm_array.h"
#include "sweep/sweep_file.h"
#include "sweep/sweep_plan.h"
#include "sweep/sweep_record.h"
#include "sweep/sweep_runner.h"
#include "sweep/sweep_status.h"
#include "text_table.h"
#include "threads/available_processors.h"
#include "threads/stop_request.h"
#include "threads/stop_signals.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

struct SweepArguments {
  std::string sweep;
  std::string folder;
  bool dry_run = false;
  bool retry = false;
  bool status = false;
  bool json = false;
  bool slurm = false;
  std::string only;  ///< a run: only it is done; empty: all
};

fs::path folder_of(const SweepArguments& arguments) {
  if (!arguments.folder.empty()) return arguments.folder;
  return fs::path("sweeps") / fs::path(arguments.sweep).stem();
}

std::string runs_text(std::size_t count) { return fmt::format("{} run{}", count, count == 1 ? "" : "s"); }

/// ", 2 at a time with 4 threads each"; nothing of threads when runs have different numbers of them.
std::string shares_text(const SweepRecord& record, std::int64_t jobs) {
  std::set<std::string> threads;
  for (const RecordedRun& recorded : record.runs) {
    threads.insert(setting_text(configuration_of(record, recorded), "training.threads"));
  }
  std::string text = fmt::format(", {} at a time", jobs);
  if (threads.size() != 1) return text;
  return text + fmt::format(" with {} thread{} each", *threads.begin(), *threads.begin() == "1" ? "" : "s");
}

std::string figure_text(double figure) { return std::isnan(figure) ? "" : fmt::format("{:.4g}", figure); }

/// Names of folders need not be UTF-8.
std::string json_text(const nlohmann::ordered_json& json) {
  return json.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

nlohmann::ordered_json settings_json(const SweepRun& run) {
  nlohmann::ordered_json settings = nlohmann::ordered_json::object();
  for (const SweepSetting& setting : run.settings) settings[setting.key] = setting.value;
  return settings;
}

// What --status prints.

using Counts = std::map<SweepRunState, std::size_t>;

Counts counts_of(const std::vector<RunStanding>& standings) {
  Counts counts;
  for (const RunStanding& standing : standings) ++counts[standing.state];
  return counts;
}

/// "2 finished, 1 running".
std::string counts_text(const Counts& counts) {
  std::string text;
  for (const SweepRunState state : {SweepRunState::finished, SweepRunState::running, SweepRunState::stopped,
                                    SweepRunState::failed, SweepRunState::damaged, SweepRunState::waiting}) {
    const auto count = counts.find(state);
    if (count == counts.end()) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count->second, to_string(state));
  }
  return text;
}

nlohmann::ordered_json status_json(const fs::path& folder, const SweepRecord& record,
                                   const std::vector<RunStanding>& standings) {
  nlohmann::ordered_json runs = nlohmann::ordered_json::array();
  for (const RunStanding& standing : standings) {
    runs.push_back({{"name", standing.run->name},
                    {"state", to_string(standing.state)},
                    {"progress", standing.progress()},
                    {"update", standing.position.update},
                    {"updates", standing.position.updates},
                    {"epoch", standing.position.epoch},
                    {"seconds", standing.position.seconds},
                    {"seconds_left", json_number(standing.position.seconds_left.value_or(NAN))},
                    {"metric", json_number(standing.metric)},
                    {"settings", settings_json(*standing.run)},
                    {"reason", standing.reason}});
  }
  return {{"folder", folder.string()}, {"metric", record.metric}, {"runs", runs}};
}

/// Keys that runs' names do not tell: those of random draws.
std::vector<std::string> nameless_keys(const SweepRecord& record) {
  std::set<std::string> keys;
  for (const RecordedRun& recorded : record.runs) {
    for (const SweepSetting& setting : recorded.run.settings) {
      if (!record.keys.contains(setting.key)) keys.insert(setting.key);
    }
  }
  return {keys.begin(), keys.end()};
}

/// The text of a run's setting; empty when the base's counts.
std::string text_of(const SweepRun& run, const std::string& key) {
  const auto setting = std::ranges::find(run.settings, key, &SweepSetting::key);
  return setting == run.settings.end() ? "" : printable(toml_value(setting->value));
}

std::string status_table(const SweepRecord& record, const std::vector<RunStanding>& standings) {
  using Side = TextTable::Align;
  const std::vector<std::string> keys = nameless_keys(record);
  std::vector<TextTable::Column> columns = {{"run"}};
  for (const std::string& key : keys) columns.push_back({printable(key)});
  for (const char* title : {"state", "progress", "epoch", "time", "left"}) {
    columns.push_back({title, std::string_view(title) == "state" ? Side::left : Side::right});
  }
  columns.push_back({printable(metric_name(record.metric)), Side::right});
  TextTable table(std::move(columns));
  std::string reasons;
  for (const RunStanding& standing : standings) {
    const RunPosition& position = standing.position;
    const bool begun = standing.state != SweepRunState::waiting;
    std::vector<std::string> row = {printable(standing.run->name)};
    for (const std::string& key : keys) row.push_back(text_of(*standing.run, key));
    row.insert(row.end(),
               {to_string(standing.state), begun ? fmt::format("{:.0f}%", std::floor(100 * standing.progress())) : "",
                begun ? std::to_string(position.epoch) : "", begun ? duration_text(position.seconds) : "",
                duration_text(position.seconds_left.value_or(NAN)), figure_text(standing.metric)});
    table.add(std::move(row));
    if (!standing.reason.empty()) {
      reasons += fmt::format("{}: {}\n", printable(standing.run->name), standing.reason);
    }
  }
  return table.text() + (reasons.empty() ? "" : "\n" + reasons);
}

/// Names of all figures in a part of an evaluation.
void add_figures(const nlohmann::ordered_json& part, const std::string& prefix, std::vector<std::string>& to) {
  for (const auto& [key, value] : part.items()) {
    if (value.is_object()) add_figures(value, prefix + key + ".", to);
    if (value.is_number()) to.push_back(prefix + key);
  }
}

/// A metric that no evaluation has sorts nothing, which must not pass unseen.
void note_unknown_metric(const SweepRecord& record, const std::vector<RunStanding>& standings) {
  const auto evaluated = std::ranges::find_if(
      standings, [](const RunStanding& standing) { return standing.position.evaluation.is_object(); });
  if (evaluated == standings.end() || !std::isnan(standings.front().metric)) return;
  const std::string metric = metric_name(record.metric);
  std::vector<std::string> figures;
  add_figures(evaluated->position.evaluation, "", figures);
  if (std::ranges::count(figures, metric) > 0) return;
  const std::string hint = nearest_name(metric, figures);
  std::cerr << fmt::format("note: no evaluation has the metric '{}'{} `metric` in the sweep file names it\n",
                           printable(metric), hint.empty() ? ";" : hint);
}

void print_status(const SweepArguments& arguments) {
  const fs::path folder = fs::is_directory(arguments.sweep) ? fs::path(arguments.sweep) : folder_of(arguments);
  const std::optional<SweepRecord> record = read_sweep_record(folder);
  if (!record) {
    throw Error(fmt::format("{}: no sweep's folder: it has no sweep.json, which `matseq sweep` writes",
                            printable(folder.string())));
  }
  const std::vector<RunStanding> standings = sweep_standings(folder, *record);
  note_unknown_metric(*record, standings);
  if (arguments.json) {
    std::cout << json_text(status_json(folder, *record, standings));
  } else {
    std::cout << status_table(*record, standings)
              << fmt::format("\n{}: {}\n", runs_text(standings.size()), counts_text(counts_of(standings)));
  }
  std::cout.flush();
}

// What --dry-run prints.

void print_runs(const SweepArguments& arguments, const SweepPlan& plan, std::int64_t jobs) {
  if (arguments.json) {
    nlohmann::ordered_json runs = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < plan.record.runs.size(); ++i) {
      const SweepRun& run = plan.record.runs[i].run;
      runs.push_back({{"name", run.name}, {"settings", settings_json(run)}, {"configuration", plan.configurations[i]}});
    }
    const nlohmann::ordered_json all = {{"folder", folder_of(arguments).string()},
                                        {"jobs", jobs},
                                        {"threads", plan.record.share.threads},
                                        {"runs", runs}};
    std::cout << json_text(all) << std::flush;
    return;
  }
  std::vector<TextTable::Column> columns = {{"run"}};
  std::map<std::string, std::size_t> places;
  for (const RecordedRun& recorded : plan.record.runs) {
    for (const SweepSetting& setting : recorded.run.settings) {
      if (places.try_emplace(setting.key, columns.size()).second) columns.push_back({setting.key});
    }
  }
  TextTable table(columns);
  for (const RecordedRun& recorded : plan.record.runs) {
    std::vector<std::string> row(columns.size());
    row[0] = recorded.run.name;
    for (const SweepSetting& setting : recorded.run.settings) {
      row[places.at(setting.key)] = text_of(recorded.run, setting.key);
    }
    table.add(std::move(row));
  }
  std::cout << table.text()
            << fmt::format("\n{} in {}{}\n", runs_text(plan.record.runs.size()),
                           printable(folder_of(arguments).string()), shares_text(plan.record, jobs))
            << std::flush;
}

// The sweep itself.

/// Lines on standard error about runs that begin and end; on a terminal, one about all under them.
class SweepLog : public SweepObserver {
 public:
  SweepLog(const SweepRecord& record, fs::path folder, std::size_t runs, std::size_t done_before)
      : record_(record), folder_(std::move(folder)), runs_(runs), ended_(done_before), done_before_(done_before) {
    for (const RecordedRun& recorded : record.runs) by_name_[recorded.run.name] = &recorded.run;
  }

  void line(const std::string& text) {
    bar_.clear();
    std::cerr << text << "\n" << std::flush;
    notice_broken_pipe();
  }

  void begun(const RunToDo& run) override { line(fmt::format("begun     {}", run.name)); }

  void occupied(const RunToDo& run) override { line(fmt::format("waiting   {}: another process trains it", run.name)); }

  void finished(const RunToDo& run, double seconds) override {
    ++ended_;
    const RunStanding standing = standing_of(folder_, *by_name_.at(run.name), record_.metric);
    const std::string figure = std::isnan(standing.metric)
                                   ? ""
                                   : fmt::format("{} {}, ", metric_name(record_.metric), figure_text(standing.metric));
    line(fmt::format("finished  {}: {}{} ({}/{})", run.name, figure, duration_text(seconds), ended_, runs_));
  }

  void failed(const RunToDo& run, const RunFailure& failure) override {
    ++ended_;
    ++failed_;
    line(fmt::format("failed    {}: {} ({}/{})", run.name, failure.reason, ended_, runs_));
    for (std::size_t begin = 0; begin < failure.log.size();) {
      const std::size_t end = std::min(failure.log.find('\n', begin), failure.log.size());
      line("    " + failure.log.substr(begin, end - begin));
      begin = end + 1;
    }
  }

  void stopped(const RunToDo& run) override {
    ++ended_;
    const std::int64_t update = standing_of(folder_, *by_name_.at(run.name), record_.metric).position.update;
    line(fmt::format("stopped   {}{}", run.name, update > 0 ? fmt::format(": saved at update {}", update) : ""));
  }

  void passed(const std::vector<const RunToDo*>& running) override {
    if (!bar_.due()) return;
    double share = static_cast<double>(ended_ - done_before_);
    for (const RunToDo* run : running) {
      share += standing_of(folder_, *by_name_.at(run->name), record_.metric).progress();
    }
    share /= static_cast<double>(std::max<std::size_t>(1, runs_ - done_before_));
    if (first_share_ < 0) first_share_ = share;
    const double elapsed = std::chrono::duration<double>(Clock::now() - begin_).count();
    const double gained = share - first_share_;
    const std::string left = gained > 0 ? duration_text(elapsed / gained * (1 - share)) + " left" : "";
    bar_.show(fmt::format("{}/{} done, {} running{}  {:.0f}%  {}", ended_, runs_, running.size(),
                          failed_ > 0 ? fmt::format(", {} failed", failed_) : "", std::floor(100 * share), left));
  }

 private:
  static constexpr std::chrono::seconds between_looks{1};  // each reads the folders of all runs that are running

  const SweepRecord& record_;
  fs::path folder_;
  std::map<std::string, const SweepRun*> by_name_;
  std::size_t runs_;
  std::size_t ended_;
  std::size_t done_before_;
  std::size_t failed_ = 0;
  TerminalLine bar_{between_looks};
  Clock::time_point begin_ = Clock::now();
  double first_share_ = -1;
};

void refuse_conflict(const SweepArguments& arguments, const SweepFile& sweep, const SweepRecord& before,
                     const SweepPlan& after) {
  const std::string conflict = sweep_conflict(before, after.record, after.defaults);
  if (conflict.empty()) return;
  throw Error(
      fmt::format("{}: the sweep in {} is another one: {}. A sweep's file, and its base {}, may change only by "
                  "adding runs; change it back, or name another folder with --dir",
                  printable(sweep.path.string()), printable(folder_of(arguments).string()), conflict,
                  printable(sweep.base.string())));
}

/// A new run's folder must not be there: nobody knows what is in it.
void refuse_strange_folders(const fs::path& folder, const std::optional<SweepRecord>& before,
                            const SweepRecord& record) {
  std::map<std::string, bool> known;
  if (before) {
    for (const RecordedRun& recorded : before->runs) known[recorded.run.name] = true;
  }
  for (const RecordedRun& recorded : record.runs) {
    const fs::path of_run = folder / recorded.run.name;
    if (known.contains(recorded.run.name) || !fs::exists(of_run)) continue;
    throw Error(
        fmt::format("{}: this is there already, and sweep.json does not know it; move it away, or name another "
                    "folder with --dir",
                    printable(of_run.string())));
  }
}

RunToDo run_to_do(const fs::path& folder, const SweepRecord& record, std::size_t number,
                  const std::string& configuration) {
  const RecordedRun& recorded = record.runs[number];
  const FlatSettings settings = configuration_of(record, recorded);
  RunToDo run{recorded.run.name, folder / recorded.run.name, configuration, record.share.threads, false};
  const std::string threads = setting_text(settings, "training.threads");
  std::from_chars(threads.data(), threads.data() + threads.size(), run.threads);
  const std::string device = setting_text(settings, "training.device");
  run.any_gpu = device == "auto" || device == "cuda";
  return run;
}

/// What is left to do, and what is not done because it failed.
struct Agenda {
  SweepWork work;
  std::size_t finished = 0;
  std::vector<RunStanding> failed;
};

/// Whether a finished run's process was killed before it had cleared up, which beginning it again does.
bool has_remains(const fs::path& run) {
  return std::ranges::any_of(fs::directory_iterator(run), [](const fs::directory_entry& file) {
    const std::string name = file.path().filename().string();
    return name == failure_file || name == "run.lock" || name.find(".next") != std::string::npos;
  });
}

Agenda agenda_of(const SweepArguments& arguments, const fs::path& folder, const SweepPlan& plan) {
  Agenda agenda;
  for (std::size_t i = 0; i < plan.record.runs.size(); ++i) {
    const RecordedRun& recorded = plan.record.runs[i];
    RunStanding standing = standing_of(folder, recorded.run, plan.record.metric);
    const bool is_failed = standing.state == SweepRunState::failed;
    if (standing.state == SweepRunState::finished && !has_remains(folder / recorded.run.name)) {
      ++agenda.finished;
    } else if (is_failed && !arguments.retry && !read_failure(folder / recorded.run.name)->by_signal) {
      agenda.failed.push_back(std::move(standing));
    } else {
      agenda.work.runs.push_back(run_to_do(folder, plan.record, i, plan.configurations[i]));
      require_own_configuration(agenda.work.runs.back(), plan.defaults);
    }
  }
  return agenda;
}

void require_no_other(const fs::path& folder) {
  if (!RunLock::is_held(folder)) return;
  throw Error(
      fmt::format("{}: another `matseq sweep` works in this folder; wait until it has ended, or stop it, or "
                  "name another folder with --dir",
                  printable(folder.string())));
}

/// The end of it, on standard output.
void print_outcome(const SweepArguments& arguments, const fs::path& folder, const SweepRecord& record) {
  const std::vector<RunStanding> standings = sweep_standings(folder, record);
  const Counts counts = counts_of(standings);
  std::string text = fmt::format("{}: {}", runs_text(standings.size()), counts_text(counts));
  if (!standings.empty() && !std::isnan(standings.front().metric)) {
    text += fmt::format("; the best is {} with {} {}", standings.front().run->name, metric_name(record.metric),
                        figure_text(standings.front().metric));
  }
  std::cout << text << "\nmatseq sweep --status " << folder.string() << " shows all\n" << std::flush;
  if (counts.contains(SweepRunState::failed)) {
    std::cerr << fmt::format(
        "matseq: {} failed; FOLDER/failure.txt and FOLDER/output.log say why. To do them again: "
        "matseq sweep {} --dir {} --retry\n",
        runs_text(counts.at(SweepRunState::failed)), arguments.sweep, folder.string());
  }
  const auto finished = counts.find(SweepRunState::finished);
  if (finished == counts.end() || finished->second < standings.size()) throw CLI::RuntimeError(1);
}

/// Of a run that is not done now.
std::string failed_before_text(const RunStanding& standing) {
  return fmt::format("failed    {}, before (--retry does it again): {}", standing.run->name, standing.reason);
}

/// Those that the sweep file asks SLURM for.
std::int64_t processors_of_task(const SweepFile& sweep) {
  constexpr std::string_view option = "--cpus-per-task=";
  std::int64_t count = 1;
  for (const std::string& line : sweep.slurm) {
    if (line.starts_with(option)) std::from_chars(line.data() + option.size(), line.data() + line.size(), count);
  }
  return std::max<std::int64_t>(1, count);
}

/// Has the runs that are left done by tasks of a job array, but for those that are in the queue already.
void submit_runs(const SweepArguments& arguments, const SweepFile& sweep, const SweepPlan& plan, const Agenda& agenda) {
  const fs::path folder = fs::absolute(folder_of(arguments)).lexically_normal();
  const std::vector<QueuedArray> queued = queued_arrays(folder);
  const auto is_queued = [&](const RunToDo& run) {
    return std::ranges::any_of(queued, [&](const QueuedArray& other) { return other.live.contains(run.name); });
  };
  SlurmArray array{.name = "matseq-" + fs::path(arguments.sweep).stem().string(),
                   .executable = own_executable(),
                   .sweep_file = fs::absolute(arguments.sweep).lexically_normal(),
                   .folder = folder,
                   .runs = {},
                   .options = sweep.slurm,
                   .cpus = plan.record.share.threads,
                   .at_a_time = sweep.jobs.value_or(0)};
  std::size_t waiting = 0;
  for (const RunToDo& run : agenda.work.runs) {
    if (is_queued(run) || RunLock::is_held(run.folder)) {
      ++waiting;
      continue;
    }
    array.runs.push_back(run.name);
    array.cpus = std::max(array.cpus, run.threads);
  }
  for (const RunStanding& standing : agenda.failed) std::cerr << failed_before_text(standing) << "\n";
  std::string text = fmt::format("{} in {}: {} finished", runs_text(plan.record.runs.size()),
                                 printable(folder_of(arguments).string()), agenda.finished);
  if (waiting > 0) text += fmt::format(", {} queued or running", waiting);
  if (!array.runs.empty())
    text += fmt::format(", {} submitted as job {}", array.runs.size(), submit_array(array, queued));
  std::cout << text << "\nmatseq sweep --status " << folder_of(arguments).string() << " shows all\n" << std::flush;
}

/// One run of a sweep that is recorded, as a task of a job array. Others work in the sweep's folder at the same time.
void do_only(const SweepArguments& arguments, const SweepPlan& plan, const std::vector<std::string>& gpus) {
  const fs::path folder = folder_of(arguments);
  const auto is_it = [&](const RecordedRun& recorded) { return recorded.run.name == arguments.only; };
  const auto found = std::ranges::find_if(plan.record.runs, is_it);
  if (found == plan.record.runs.end()) {
    throw Error(fmt::format("{}: the sweep has no run '{}'", printable(arguments.sweep), printable(arguments.only)));
  }
  const auto number = static_cast<std::size_t>(found - plan.record.runs.begin());
  SweepWork work;
  work.runs.push_back(run_to_do(folder, plan.record, number, plan.configurations[number]));
  require_own_configuration(work.runs.back(), plan.defaults);
  work.gpus = gpus;
  work.executable = own_executable();
  const HeedStopSignals heed;
  SweepLog log(plan.record, folder, 1, 0);
  try {
    if (do_runs(work, log).finished == 0) throw CLI::RuntimeError(1);
  } catch (const Stopped&) {
    requeue_if_time_is_up();
    throw;
  }
}

void run_sweep(const SweepArguments& arguments) {
  const fs::path folder = folder_of(arguments);
  const SweepFile sweep = read_sweep_file(arguments.sweep);
  const std::vector<std::string> gpus = gpus_of(std::getenv("CUDA_VISIBLE_DEVICES"), "/dev");
  const std::int64_t jobs = sweep.jobs.value_or(std::max<std::int64_t>(1, static_cast<std::int64_t>(gpus.size())));
  std::optional<RunLock> lock;
  if (!arguments.dry_run) await_stop_signals();  // plugins of models bring LibTorch, which starts threads
  if (!arguments.dry_run && arguments.only.empty()) {
    require_no_other(folder);
    lock.emplace(folder);
  }
  const std::optional<SweepRecord> before = read_sweep_record(folder);
  const RunShare share =
      arguments.slurm ? share_of(processors_of_task(sweep), 1) : share_of(available_processors(), jobs);
  const SweepPlan plan = plan_sweep(sweep, before, share, reference_shorthands());
  if (before) refuse_conflict(arguments, sweep, *before, plan);
  if (!arguments.only.empty()) return do_only(arguments, plan, gpus);
  refuse_strange_folders(folder, before, plan.record);
  if (arguments.dry_run) return print_runs(arguments, plan, jobs);

  write_sweep_record(folder, plan.record);
  Agenda agenda = agenda_of(arguments, folder, plan);
  if (arguments.slurm) return submit_runs(arguments, sweep, plan, agenda);
  agenda.work.jobs = jobs;
  agenda.work.gpus = gpus;
  agenda.work.executable = own_executable();
  const HeedStopSignals heed;
  SweepLog log(plan.record, folder, plan.record.runs.size(), agenda.finished + agenda.failed.size());
  log.line(fmt::format("{} in {}: {} to do{}", runs_text(plan.record.runs.size()), printable(folder.string()),
                       agenda.work.runs.size(), shares_text(plan.record, jobs)));
  for (const RunStanding& standing : agenda.failed) log.line(failed_before_text(standing));
  try {
    do_runs(agenda.work, log);
  } catch (const Stopped&) {
    log.line("stopped; the same command goes on");
    throw;
  }
  print_outcome(arguments, folder, plan.record);
}

}  // namespace

void add_sweep_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "sweep",
      "Trains many runs of one experiment: what varies stands in a TOML file, as lists, ranges and seeds. The same\n"
      "command again does what is missing, however it was stopped; a run that failed waits for --retry.");
  command->footer(
      "Example: matseq sweep configs/sweeps/learning_rate.toml --dir sweeps/lr; matseq sweep --status sweeps/lr");
  const auto arguments = std::make_shared<SweepArguments>();
  command->add_option("sweep", arguments->sweep, "the sweep's TOML file; with --status, its folder")->required();
  command->add_option("--dir", arguments->folder, "the sweep's folder (default: sweeps/NAME of the file)");
  command->add_flag("--dry-run", arguments->dry_run, "print the runs, after checking every one, and begin none");
  command->add_flag("--retry", arguments->retry, "do the runs again that failed");
  command->add_flag("--slurm", arguments->slurm,
                    "submit the runs as a job array of SLURM, with sbatch's options from the sweep file's [slurm]");
  command->add_option("--only", arguments->only,
                      "do this one run of a sweep that has been begun, as a task of --slurm's job");
  command->add_flag("--status", arguments->status, "print where each run stands, the best one first");
  command->add_flag("--json", arguments->json, "with --status or --dry-run, print JSON instead of a table");
  command->callback([arguments] { arguments->status ? print_status(*arguments) : run_sweep(*arguments); });
}

}  // namespace matseq
