/// \file
/// A report: one HTML page about runs and analyses that needs nothing else.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "report/prediction_sample.h"
#include "report/reported_run.h"

namespace matseq {

/// A failure analysis, as `matseq analyze --json` prints it.
struct ReportedAnalysis {
  std::string name;
  nlohmann::ordered_json figures;               ///< may be anything; what is not as expected is left out
  std::optional<PredictionSample> predictions;  ///< none when only the figures were given
};

struct Report {
  std::string title;
  std::string made;  ///< when, for people
  std::vector<ReportedRun> runs;
  std::vector<ReportedAnalysis> analyses;
};

/// How much of every run a page holds.
struct ReportDetail {
  std::size_t points = 500;       ///< of a training curve
  std::size_t evaluations = 200;  ///< of an evaluation curve
  std::size_t predictions = 6;    ///< right ones, and as many wrong ones
  bool all_figures = true;        ///< accuracy by class, and further figures than accuracy and perfect predictions
};

/// A page is smaller than this, in bytes.
inline constexpr std::size_t most_page_bytes = 1'000'000;

/// The page; with so many runs that it would be too large, in less detail or of the best runs only, which it says at
/// its top.
std::string report_page(const Report& report);

}  // namespace matseq
