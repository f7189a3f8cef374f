/// \file
/// The figures of an evaluation (spec section 7 item 4).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "evaluation/tally.h"
#include "run/example_counts.h"

namespace matseq {

/// The figures of some examples. Shares are in percent.
struct Accuracy {
  std::uint64_t examples = 0;
  double cross_entropy = 0;  ///< mean over examples of the sum over target tokens
  double accuracy = 0;       ///< perfect, or error in the chosen norm below the first tolerance
  double perfect = 0;
  double correct = 0;
  double right_coefficients = 0;              ///< mean share of right coefficients
  std::array<std::vector<double>, 3> within;  ///< for max, d1, d2: below each tolerance
  std::optional<double> coverage;             ///< mean share of coefficients within the intervals of samples
};

/// The figures of a test set: of all examples and of each class.
struct TestResult {
  std::string name;
  std::vector<double> tolerances;
  std::string norm;
  Accuracy all;
  std::map<std::string, Accuracy> classes;
  ExampleCounts data = {};  ///< what was drawn for it
};

/// The tally as figures; `norm` is "max", "d1" or "d2".
TestResult summarise(const std::string& name, const Tally& tally, const std::string& norm);

/// {"examples", "accuracy", "perfect", "correct", "right_coefficients", "cross_entropy",
///  "within": {"max": {"0.05": ...}, ...}, "coverage" where samples were drawn, "data": the counts, if any, "classes":
///  {...}}; null for what is not finite.
nlohmann::ordered_json to_json(const TestResult& result);

/// The results as a table for people.
std::string to_table(const std::vector<TestResult>& results);

/// A figure by its dotted name, "valid.accuracy" or "valid.within.d1.0.05"; throws Error that lists the names.
double metric(const std::vector<TestResult>& results, const std::string& name);

/// What a test set is called where the median of several samples is judged.
std::string median_set(const std::string& set);

/// All names that `metric` knows for test sets of these names.
std::vector<std::string> metric_names(const std::vector<std::string>& sets, const std::vector<double>& tolerances);

}  // namespace matseq
