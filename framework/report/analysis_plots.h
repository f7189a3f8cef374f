/// \file
/// The plots of a failure analysis.
#pragma once

#include <string>
#include <vector>

#include "analysis/failure_analysis.h"

namespace matseq {

/// One SVG image.
struct AnalysisPlot {
  std::string file_name;  ///< of letters, digits, '.', '-' and '_'; no two plots of an analysis have the same
  std::string svg;
};

/// Plots every group: the distribution of the d1 error, right and wrong predictions (at the first tolerance) apart; for
/// a task with measures also the accuracy against the condition number and the distribution, right and wrong apart, of
/// each deviation and of the condition number. Tolerances as for `report`.
std::vector<AnalysisPlot> plots(const FailureAnalysis& analysis, const std::vector<double>& tolerances);

}  // namespace matseq
