/// \file
/// From what a user names to a report.
#pragma once

#include <string>
#include <vector>

#include "analysis/failure_analysis.h"
#include "report/report.h"

namespace matseq {

/// Reads runs, folders of runs, files of predictions and of `matseq analyze --json`, in this order of names; a run that
/// is named twice counts once. `make_task` makes the tasks whose predictions are to be measured.
///
/// A run that cannot be read is in the report with the reason. Throws Error for a file that cannot be read, and when
/// there would be nothing but such runs.
Report read_report(const std::vector<std::string>& names, const NamedTask& make_task);

}  // namespace matseq
