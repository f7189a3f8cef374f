/// \file
/// Figures that describe many numbers.
#pragma once

#include <cstdint>
#include <vector>

namespace matseq {

/// The number that the share `share` of some numbers, ascending and at least one, are below; interpolated linearly
/// between the two nearest.
double quantile(const std::vector<double>& sorted, double share);

/// The figures of the finite ones among some numbers; all 0 where there are none.
struct Distribution {
  std::uint64_t count = 0;     ///< of the finite numbers
  std::uint64_t infinite = 0;  ///< how many infinite numbers there were besides
  double mean = 0;
  double minimum = 0;
  double quantile_05 = 0;  ///< 5% of the numbers are smaller
  double quantile_25 = 0;
  double median = 0;
  double quantile_75 = 0;
  double quantile_95 = 0;
  double maximum = 0;
};

/// Numbers that are NaN are no numbers and not counted at all.
Distribution describe(std::vector<double> numbers);

}  // namespace matseq
