#include "sweep/sweep_runner.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <deque>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "configuration/flat_configuration.h"
#include "configuration/setting_change.h"
#include "files/atomic_file.h"
#include "files/file_descriptor.h"
#include "matseq/error.h"
#include "matseq/printable.h"
#include "run/run_lock.h"
#include "run/run_process.h"
#include "run/run_record.h"
#include "threads/stop_request.h"

namespace matseq {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds round_time{20};

std::filesystem::path output_file(const RunToDo& run) { return run.folder / "output.log"; }

/// Its folder with its configuration; what an attempt before left stays.
void prepare(const RunToDo& run) {
  std::error_code error;
  std::filesystem::create_directories(run.folder, error);
  if (error) throw Error(fmt::format("{}: cannot be made: {}", run.folder.string(), error.message()));
  const std::filesystem::path configuration = run.folder / "config.toml";
  if (!std::filesystem::exists(configuration)) write_atomically(configuration, run.configuration);
  forget_failure(run.folder);
}

/// Someone else began it at the same time, or its process was killed when nothing was left to train: then beginning it
/// again clears up.
bool is_to_be_begun_again(const RunToDo& run, const ProcessEnding& ending) {
  if (RunLock::is_held(run.folder)) return true;
  return ending.signal != 0 && run_position(run.folder).status == RunStatus::finished;
}

/// Some runs at a time, until all are done or this process is asked to stop.
class Runner {
 public:
  Runner(const SweepWork& work, SweepObserver& observer) : work_(work), observer_(observer) {
    for (const RunToDo& run : work.runs) waiting_.push_back(&run);
    slots_.resize(static_cast<std::size_t>(work.jobs));
  }

  SweepOutcome run() {
    while (true) {
      reap();
      if (stop_requested()) {
        if (!is_any_running()) throw Stopped();
        ask_to_stop();
      } else if (!begin_some() && waiting_.empty()) {
        return outcome_;
      }
      observer_.passed(running());
      std::this_thread::sleep_for(round_time);
    }
  }

 private:
  struct Slot {
    const RunToDo* run = nullptr;
    std::optional<RunProcess> process;
    Clock::time_point begin;
  };

  bool is_any_running() const {
    return std::ranges::any_of(slots_, [](const Slot& slot) { return slot.process.has_value(); });
  }

  std::vector<const RunToDo*> running() const {
    std::vector<const RunToDo*> runs;
    for (const Slot& slot : slots_) {
      if (slot.process) runs.push_back(slot.run);
    }
    return runs;
  }

  /// Once: a second request would end a run without saving.
  void ask_to_stop() {
    if (std::exchange(asked_to_stop_, true)) return;
    for (const Slot& slot : slots_) {
      if (slot.process) slot.process->stop();
    }
  }

  /// True while a run is in progress.
  bool begin_some() {
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
      if (slots_[slot].process) continue;
      const RunToDo* run = next_free();
      if (run != nullptr) begin(slot, *run);
    }
    return is_any_running();
  }

  /// The first waiting run that no other process is training: one of a sweep that was killed may be saving still.
  const RunToDo* next_free() {
    for (auto next = waiting_.begin(); next != waiting_.end(); ++next) {
      const RunToDo* run = *next;
      if (RunLock::is_held(run->folder)) {
        if (occupied_.insert(run).second) observer_.occupied(*run);
        continue;
      }
      waiting_.erase(next);
      return run;
    }
    return nullptr;
  }

  void begin(std::size_t slot, const RunToDo& run) {
    prepare(run);
    const std::string threads = std::to_string(run.threads);
    const FileDescriptor output(output_file(run), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
    RunProcessSetting setting{{work_.executable, "train", run.folder / "config.toml", "--run", run.folder,
                               // The sweep file is the user's own; it has been compared with this configuration.
                               "--trust-plugins"},
                              output.get(),
                              {{"OMP_NUM_THREADS", threads}}};
    if (run.any_gpu && !work_.gpus.empty()) {
      setting.environment.emplace_back("CUDA_VISIBLE_DEVICES", work_.gpus[slot % work_.gpus.size()]);
    }
    slots_[slot].run = &run;
    slots_[slot].begin = Clock::now();
    slots_[slot].process.emplace(setting);
    observer_.begun(run);
  }

  void reap() {
    for (Slot& slot : slots_) {
      if (!slot.process) continue;
      const std::optional<ProcessEnding> ending = slot.process->ended();
      if (!ending) continue;
      slot.process.reset();
      settle(*slot.run, *ending, std::chrono::duration<double>(Clock::now() - slot.begin).count());
    }
  }

  void settle(const RunToDo& run, const ProcessEnding& ending, double seconds) {
    if (ending.is_good()) {
      ++outcome_.finished;
      observer_.finished(run, seconds);
    } else if (ending.was_stopped()) {
      ++outcome_.stopped;
      observer_.stopped(run);
    } else if (is_to_be_begun_again(run, ending)) {
      waiting_.push_back(&run);
    } else {
      ++outcome_.failed;
      const RunFailure failure{ending.text(), ending.signal != 0, end_of_log(output_file(run))};
      write_failure(run.folder, failure);
      observer_.failed(run, failure);
    }
  }

  const SweepWork& work_;
  SweepObserver& observer_;
  std::deque<const RunToDo*> waiting_;
  std::set<const RunToDo*> occupied_;  // of which that was said
  std::vector<Slot> slots_;
  SweepOutcome outcome_;
  bool asked_to_stop_ = false;
};

}  // namespace

SweepOutcome do_runs(const SweepWork& work, SweepObserver& observer) { return Runner(work, observer).run(); }

void require_own_configuration(const RunToDo& run, const SettingDefaults& defaults) {
  const std::filesystem::path file = run.folder / "config.toml";
  if (!std::filesystem::exists(file)) return;
  const std::string there = FileDescriptor(file, O_RDONLY).content();
  if (there == run.configuration) return;
  const auto change = first_change(flat_configuration(run.configuration, "the configuration"),
                                   flat_configuration(there, file.string()), defaults);
  if (!change) return;
  throw Error(fmt::format(
      "{}: '{}' is {}, and {} in the sweep: this run was changed by hand. Put it back, or remove its folder "
      "to have it done anew, or finish it with `matseq train {}`",
      file.string(), change->key, printable(change->after), printable(change->before), run.folder.string()));
}

}  // namespace matseq
