/// \file
/// A sweep file: a base experiment and what varies.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sweep/random_settings.h"
#include "sweep/sweep_setting.h"

namespace matseq {

/// A key of `[grid]` and its values.
struct SweepAxis {
  std::string key;
  std::vector<nlohmann::ordered_json> values;
  std::string where;
};

/// One of `[[runs]]`.
struct SweepEntry {
  std::string name;  ///< that of its key `name`; empty: it is named by its settings
  SweepSettings settings;
  std::string where;
};

/// The runs are: each of `runs` (if there are any), with each point of the grid, with each random draw, with each seed.
struct SweepFile {
  std::filesystem::path path;
  std::filesystem::path base;            ///< the base experiment
  std::optional<std::int64_t> seeds;     ///< data.seed = 1, ..., seeds; none: the base's
  std::string seeds_where;               ///< of `seeds`
  std::optional<std::int64_t> jobs;      ///< runs at a time
  std::vector<std::string> plugin_path;  ///< absolute; empty: the base's
  std::string metric;                    ///< empty: the first validation metric of the first run
  std::vector<SweepAxis> grid;           ///< sorted by key
  std::vector<SweepEntry> entries;       ///< `[[runs]]`
  std::int64_t draws = 0;                ///< of `[random]`
  std::uint64_t random_seed = 1;         ///< of `[random]`
  std::vector<RandomSetting> random;     ///< sorted by key
  std::vector<std::string> slurm;        ///< `[slurm]`: sbatch's options, "--time=1:00:00"
};

/// Throws Error with file, line, key, what was found and what is accepted. Paths in it are relative to its folder.
SweepFile read_sweep_file(const std::filesystem::path& file);

/// Likewise, of the text of such a file.
SweepFile parse_sweep_file(std::string_view text, const std::filesystem::path& file);

}  // namespace matseq
