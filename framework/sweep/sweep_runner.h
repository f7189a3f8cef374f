/// \file
/// Does a sweep's runs, some at a time, as processes of this machine. What is done, how far and how it ended stands in
/// the runs' folders only, so that another way to have runs done (a cluster's queue) is another function like this one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "configuration/setting_defaults.h"
#include "sweep/run_failure.h"

namespace matseq {

/// A run that is to be done.
struct RunToDo {
  std::string name;
  std::filesystem::path folder;
  std::string configuration;  ///< its config.toml
  std::int64_t threads = 1;   ///< of its arithmetic
  bool any_gpu = false;       ///< it takes the GPU that it is given
};

struct SweepWork {
  std::vector<RunToDo> runs;      ///< in this order
  std::int64_t jobs = 1;          ///< at a time
  std::vector<std::string> gpus;  ///< shared out in turn; may be empty
  std::string executable;         ///< matseq's
};

/// Hears what becomes of the runs.
class SweepObserver {
 public:
  SweepObserver() = default;
  SweepObserver(const SweepObserver&) = delete;
  SweepObserver& operator=(const SweepObserver&) = delete;
  virtual ~SweepObserver() = default;

  virtual void begun(const RunToDo& run) = 0;
  /// Another process trains it at present; it is looked at again when that has ended.
  virtual void occupied(const RunToDo& run) = 0;
  virtual void finished(const RunToDo& run, double seconds) = 0;
  virtual void failed(const RunToDo& run, const RunFailure& failure) = 0;
  /// It saved and stopped before its end, because this process or someone else asked it to.
  virtual void stopped(const RunToDo& run) = 0;
  /// Some times a second, with the runs whose processes live.
  virtual void passed(const std::vector<const RunToDo*>& running) = 0;
};

struct SweepOutcome {
  std::int64_t finished = 0;
  std::int64_t failed = 0;
  std::int64_t stopped = 0;
};

/// Does the runs. A run that fails gets a failure.txt, and the others go on. Throws Stopped when this process was asked
/// to stop, after the runs have saved and stopped; Error when a process cannot be started or a folder cannot be
/// written. To be called on the main thread (see RunProcess).
SweepOutcome do_runs(const SweepWork& work, SweepObserver& observer);

/// Refuses a run's folder whose config.toml someone changed, naming the key.
void require_own_configuration(const RunToDo& run, const SettingDefaults& defaults);

}  // namespace matseq
