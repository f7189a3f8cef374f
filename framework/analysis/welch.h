/// \file
/// Whether two means differ, or one lies above a bound, by more than chance.
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

/// The one-sided p of Student's t-test that the true mean lies above a bound: how likely a mean of normal samples of
/// this deviation is to be as high, when in truth it is the bound. Without any spread, the limit for ever less of it: 0
/// for a mean above the bound, 1/2 at it, 1 below. None for fewer than two numbers.
std::optional<double> p_above(const Sample& sample, double bound);

}  // namespace matseq
