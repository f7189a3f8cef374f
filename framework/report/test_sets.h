/// \file
/// The test sets of a report's runs and the figures that compare them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "report/report.h"

namespace matseq {

/// One number of an evaluation.
struct Figure {
  std::string name;               ///< "within 5%", for people
  std::vector<std::string> path;  ///< in a test set's object: {"within", "d1", "0.05"}
  bool percent = true;
  double tolerance = 0;  ///< of the relative error; 0 for what has none
};

/// The finite number at a path in an object; not a number when there is none.
double number_at(const nlohmann::ordered_json& object, const std::vector<std::string>& path);

/// The test sets of all runs, in the order of their first appearance, at most `most_sets`.
std::vector<std::string> test_sets(const Report& report);
inline constexpr std::size_t most_sets = 40;

/// The accuracy, the shares within the other tolerances in the same norm, and the rest; or only the accuracy and the
/// perfect predictions.
std::vector<Figure> figures_of(const Report& report, bool all = true);

}  // namespace matseq
