/// \file
/// What an encoding does to numbers and matrices, before anything is trained.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "matseq/encoder.h"

namespace matseq {

/// A number written and read again.
struct WrittenNumber {
  double number = 0;
  std::vector<std::string> tokens;
  std::optional<double> read;  ///< none: its own tokens are no number to the encoding

  /// |read - number| / |number|; 0 for a zero that is read as one; infinite where it cannot be read.
  double relative_error() const;
};

WrittenNumber write_number(const Encoder& encoder, double number);

/// Of the absolute values from `from` to `to`, spread evenly on a logarithmic scale: the relative error that writing
/// and reading leaves.
struct RoundingError {
  double from = 0;
  double to = 0;
  double mean = 0;
  double largest = 0;
};

/// In `parts` parts of [low, high] that are equal on a logarithmic scale; 0 < low < high, finite.
std::vector<RoundingError> rounding_errors(const Encoder& encoder, double low, double high, std::size_t parts);

/// The most tokens of an n x n matrix without code and boundary tokens: two sizes and the numbers.
std::size_t longest_sequence(const Encoder& encoder, std::size_t n);

/// Lines of a plot of the largest relative errors, one letter ('a', 'b', ...) a curve, '*' where several meet, on
/// logarithmic scales, the curves' parts from left to right. All curves have as many parts, at most 200.
std::vector<std::string> rounding_plot(const std::vector<std::vector<RoundingError>>& curves);

}  // namespace matseq
