/// \file
/// From the fate of every example to the figures of an evaluation (spec section 7 item 4).
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "matseq/task.h"

namespace matseq {

/// The three errors in the order of the arrays below.
inline constexpr std::array<const char*, 3> norm_names = {"max", "d1", "d2"};

/// What became of one example: each measure is the best of its hypotheses.
struct ExampleResult {
  std::string category;
  double cross_entropy = 0;  ///< summed over its target tokens
  bool perfect = false;      ///< teacher forcing has every token right
  bool correct = false;      ///< perfect, or some hypothesis is a matrix of the target's shape that can be scored
  std::array<double, 3> errors = {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity(),
                                  std::numeric_limits<double>::infinity()};  ///< max, d1, d2
  double share = 0;                                                          ///< of right coefficients, in [0, 1]

  /// Takes a hypothesis' score into account.
  void add(const Score& score);
  /// Counts as right in every measure.
  void set_perfect();
};

/// The figures of some examples. Shares are in percent.
struct Accuracy {
  std::uint64_t examples = 0;
  double cross_entropy = 0;  ///< mean over examples of the sum over target tokens
  double accuracy = 0;       ///< perfect, or error in the chosen norm below the first tolerance
  double perfect = 0;
  double correct = 0;
  double right_coefficients = 0;              ///< mean share of right coefficients
  std::array<std::vector<double>, 3> within;  ///< for max, d1, d2: below each tolerance
};

/// The figures of a test set: of all examples and of each class.
struct TestResult {
  std::string name;
  std::vector<double> tolerances;
  std::string norm;
  Accuracy all;
  std::map<std::string, Accuracy> classes;
};

/// Counts; `norm` is "max", "d1" or "d2".
TestResult summarise(const std::string& name, const std::vector<ExampleResult>& examples,
                     const std::vector<double>& tolerances, const std::string& norm);

/// {"examples", "accuracy", "perfect", "correct", "right_coefficients", "cross_entropy",
///  "within": {"max": {"0.05": ...}, ...}, "classes": {...}}.
nlohmann::ordered_json to_json(const TestResult& result);

/// The results as a table for people.
std::string to_table(const std::vector<TestResult>& results);

/// A figure by its dotted name, "valid.accuracy" or "valid.within.d1.0.05"; throws Error that lists the names.
double metric(const std::vector<TestResult>& results, const std::string& name);

}  // namespace matseq
