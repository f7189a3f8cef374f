/// \file
/// From the fate of every example to sums over many (spec section 7 item 4).
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
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
  bool perfect = false;      ///< teacher forcing has every token right, and the target is short enough to be decoded
  bool correct = false;      ///< perfect, or some hypothesis is a matrix of the target's shape that can be scored
  std::array<double, 3> errors = {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity(),
                                  std::numeric_limits<double>::infinity()};  ///< max, d1, d2
  double share = 0;                                                          ///< of right coefficients, in [0, 1]
  std::optional<double> coverage;  ///< of a median of samples: share of coefficients within their intervals

  /// Takes a hypothesis' score into account.
  void add(const Score& score);
  /// Counts as right in every measure.
  void set_perfect();
};

/// Sums over examples, however many threads or processes they were counted by.
struct Counts {
  std::uint64_t examples = 0;
  std::uint64_t perfect = 0;
  std::uint64_t correct = 0;
  std::array<std::vector<std::uint64_t>, 3> within;  ///< for max, d1, d2: with an error below each tolerance
  double cross_entropy = 0;
  double right_coefficients = 0;  ///< shares
  std::uint64_t sampled = 0;      ///< examples that have a coverage
  double coverage = 0;            ///< shares

  void add(const ExampleResult& example, const std::vector<double>& tolerances);
  void merge(const Counts& other);
};

/// Counts of all examples and of each class. Tallies of the same batches, merged in the order of the batches, are the
/// same to the bit, whoever has made them.
class Tally {
 public:
  explicit Tally(std::vector<double> tolerances);

  void add(const ExampleResult& example);
  /// `other` must have the same tolerances.
  void merge(const Tally& other);

  const std::vector<double>& tolerances() const { return tolerances_; }
  const Counts& all() const { return all_; }
  const std::map<std::string, Counts>& classes() const { return classes_; }

  /// All of it, for another process; not for people.
  nlohmann::ordered_json to_json() const;
  /// Throws nlohmann::json::exception for what `to_json` did not write.
  static Tally from_json(const nlohmann::ordered_json& json);

 private:
  std::vector<double> tolerances_;
  Counts all_;
  std::map<std::string, Counts> classes_;
};

}  // namespace matseq
