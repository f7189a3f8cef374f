/// \file
/// Whether two means differ by more than chance.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace matseq {

/// Of some numbers: how many, their mean, and their standard deviation (with n - 1; 0 for fewer than two).
struct Sample {
  std::size_t count = 0;
  double mean = 0;
  double deviation = 0;
};

/// Numbers that are finite.
Sample sample_of(std::span<const double> numbers);

/// I_x(a, b), the regularised incomplete beta function, for a, b > 0 and x in [0, 1]; to about 1e-14.
double incomplete_beta(double a, double b, double x);

/// The two-sided p of Welch's t-test: how likely means of normal samples of these deviations are to lie so far apart,
/// when in truth they are equal. None where a sample has fewer than two numbers, or neither has any spread.
std::optional<double> welch_p(const Sample& one, const Sample& other);

}  // namespace matseq
