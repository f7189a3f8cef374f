/// \file
/// The experiments whose work is measured: the smallest in use and one of a size that papers report.
#pragma once

#include <string>
#include <vector>

#include "configuration/experiment.h"

namespace matseq::bench {

struct NamedExperiment {
  std::string name;
  Experiment experiment;
};

/// Throws Error when a configuration cannot be read.
inline std::vector<NamedExperiment> measured_experiments() {
  return {{"quickstart", read_experiment(MATSEQ_SOURCE_DIR "/configs/quickstart.toml", {})},
          {"eigenvalues", read_experiment(MATSEQ_SOURCE_DIR "/bench/compare/configs/eigenvalues.toml", {})}};
}

}  // namespace matseq::bench
