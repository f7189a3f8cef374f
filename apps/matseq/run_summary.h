/// \file
/// A run in a terminal's screenful.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "report/reported_run.h"

namespace matseq {

/// How a terminal shows it.
struct SummaryStyle {
  bool ascii = false;
  bool colours = false;
};

/// Where the run stands, its curves as sparklines and its last evaluation; at most 80 characters a line, as far as
/// names allow.
std::string run_summary(const ReportedRun& run, const SummaryStyle& style);

/// The same as JSON, unshortened; what is not known is null.
nlohmann::ordered_json run_summary_json(const ReportedRun& run);

}  // namespace matseq
