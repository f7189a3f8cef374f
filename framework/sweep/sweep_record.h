/// \file
/// sweep.json: what a sweep is. Compared with the sweep file whenever the sweep goes on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "configuration/flat_configuration.h"
#include "configuration/setting_defaults.h"
#include "sweep/expansion.h"
#include "sweep/run_names.h"

namespace matseq {

/// What every run gets of the machine. Results depend on the number of threads, so it is kept.
struct RunShare {
  std::int64_t threads = 1;
  std::int64_t workers = 1;  ///< threads that make batches
};

struct RecordedRun {
  SweepRun run;
  /// Its whole configuration, by "table.key", as TOML: what differs from `SweepRecord::common`; none: it lacks that
  /// key.
  std::map<std::string, std::optional<std::string>> differing;
};

struct SweepRecord {
  std::string metric;  ///< by which runs are compared, as in `training.validation_metrics`
  RunShare share;
  ShortKeys keys;
  FlatSettings common;  ///< of the first run
  std::vector<RecordedRun> runs;
};

/// The record's file in a sweep's folder.
std::filesystem::path sweep_record_file(const std::filesystem::path& folder);

/// None when the folder has none. Throws Error when it is damaged or another version's.
std::optional<SweepRecord> read_sweep_record(const std::filesystem::path& folder);

void write_sweep_record(const std::filesystem::path& folder, const SweepRecord& record);

/// Adds a run with this configuration.
void add_run(SweepRecord& record, SweepRun run, const FlatSettings& configuration);

/// A recorded run's whole configuration.
FlatSettings configuration_of(const SweepRecord& record, const RecordedRun& run);

/// How `after` does more than add runs to `before`: a sentence that names the key. Empty when it does not. What
/// one of them lacks in a run has its default.
std::string sweep_conflict(const SweepRecord& before, const SweepRecord& after, const SettingDefaults& defaults);

}  // namespace matseq
