/// \file
/// From a sweep file to runs that are ready to begin: every one checked, its configuration complete.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "configuration/toml_document.h"
#include "sweep/sweep_file.h"
#include "sweep/sweep_record.h"

namespace matseq {

struct SweepPlan {
  SweepRecord record;
  std::vector<std::string> configurations;  ///< the config.toml of each of the record's runs
  SettingDefaults defaults;                 ///< of all the runs' plugins
};

/// Expands the file and resolves every run's experiment, plugins' parameters included. `before` is the sweep's record,
/// when it has been begun: its short names stay, and its share of the machine, which is `share` for a new one. Throws
/// Error that names the place in the sweep file or the base.
SweepPlan plan_sweep(const SweepFile& sweep, const std::optional<SweepRecord>& before, const RunShare& share,
                     const Shorthands& shorthands);

}  // namespace matseq
