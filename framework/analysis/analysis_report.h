/// \file
/// The figures of a failure analysis, as a table and as JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "analysis/distribution.h"
#include "analysis/failure_analysis.h"
#include "analysis/threshold.h"

namespace matseq {

/// The figures of the right and of the wrong predictions, at the first tolerance.
struct RightAndWrong {
  Distribution right;
  Distribution wrong;
};

/// How well the predictions of a group keep a property.
struct PropertyReport {
  Property property;
  std::vector<double> kept;           ///< percent of all predictions with a deviation below each tolerance
  std::vector<double> kept_by_wrong;  ///< percent of those wrong at the first tolerance
  RightAndWrong deviation;
};

/// The figures of one group. Shares are in percent of all its predictions.
struct GroupReport {
  std::string set;
  std::string task;
  std::uint64_t examples = 0;
  std::uint64_t wrong = 0;  ///< at the first tolerance
  double perfect = 0;
  double correct = 0;
  double not_decodable = 0;
  std::vector<double> accuracy;  ///< perfect, or d1 error below each tolerance
  RightAndWrong error;           ///< d1
  std::vector<PropertyReport> properties;
  std::string conditioned_matrix;  ///< empty where none is measured
  RightAndWrong condition;
  Threshold condition_threshold;  ///< of the condition number, right predictions below it
};

/// The failure analysis of all groups.
struct AnalysisReport {
  std::vector<double> tolerances;  ///< of the accuracy, relative (0.05 is 5%); the first tells right from wrong
  std::vector<double> property_tolerances;  ///< the same, and 1% where it is not among them
  std::vector<GroupReport> groups;
};

/// Throws Error unless there are 1 to 9 tolerances, all different, above 0 and finite.
void check_tolerances(const std::vector<double>& tolerances);

/// Computes all figures; throws Error for tolerances that `check_tolerances` refuses.
AnalysisReport report(const FailureAnalysis& analysis, const std::vector<double>& tolerances);

/// For people at a terminal.
std::string to_table(const AnalysisReport& report);

/// {"tolerances", "property_tolerances", "groups": [...]}; numbers that JSON cannot write are texts ("inf").
nlohmann::ordered_json to_json(const AnalysisReport& report);

/// "5%", "0.5%".
std::string percent_text(double tolerance);

}  // namespace matseq
