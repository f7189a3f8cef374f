/// \file
/// Looks at data sets before they are used.
#pragma once

#include <string>
#include <vector>

#include "data/experiment_data.h"

namespace matseq {

/// Draws a few hundred examples of one of the experiment's data sets and says what a user should know of it
/// (`data_remarks`). Throws Error when there is no first example (a bad data file, a task with nothing to draw), when a
/// class or component of the task never survives, or, of a test set, when no target can be decoded with
/// evaluation.max_output_len.
///
/// What is drawn and said depends on the experiment only.
std::vector<std::string> check_data_set(const ExperimentData& data, const DataSet& set);

/// All data sets of an experiment.
std::vector<std::string> check_data(const ExperimentData& data);

}  // namespace matseq
