/// \file
/// Looks at data sets before they are used.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/experiment_data.h"

namespace matseq {

/// Whether a model will be asked for the targets of a data set, as it is for those of test sets.
enum class Targets : std::uint8_t { not_decoded, decoded };

/// Draws a few hundred examples of a data set and says what a user should know of it (`data_remarks`). Throws Error
/// when there is no first example (a bad data file, a task with nothing to draw), when a class or component of the task
/// never survives, or, where targets will be decoded, when none can be with evaluation.max_output_len.
///
/// What is drawn and said depends on the experiment only.
std::vector<std::string> check_data_set(const DataSet& set, const DataLimits& limits, Targets targets);

/// All data sets of an experiment.
std::vector<std::string> check_data(const ExperimentData& data);

}  // namespace matseq
