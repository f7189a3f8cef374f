/// \file
/// From a sweep file to its runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sweep/run_names.h"
#include "sweep/sweep_file.h"
#include "sweep/sweep_setting.h"

namespace matseq {

/// One run of a sweep, as the file says it.
struct SweepRun {
  std::string name;
  SweepSettings settings;  ///< instead of the base's
  std::int64_t draw = 0;   ///< number of the random draw, from 1; 0: nothing is drawn
};

struct SweepExpansion {
  ShortKeys keys;
  std::vector<SweepRun> runs;  ///< in the order in which they are begun: all of the first seed first
};

/// All runs. Keys of an earlier expansion keep their short names. Throws Error when there are too many, or two of one
/// name.
SweepExpansion expand(const SweepFile& sweep, const ShortKeys& known = {});

}  // namespace matseq
