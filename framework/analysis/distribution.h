/// \file
/// Figures that describe many numbers.
#pragma once

#include <cstdint>
#include <vector>

namespace matseq {

/// The figures of the finite ones among some numbers; all 0 where there are none.
struct Distribution {
  std::uint64_t count = 0;     ///< of the finite numbers
  std::uint64_t infinite = 0;  ///< how many infinite numbers there were besides
  double mean = 0;
  double minimum = 0;
  double quantile_05 = 0;  ///< 5% of the numbers are smaller; interpolated linearly between the two nearest, as all
  double quantile_25 = 0;
  double median = 0;
  double quantile_75 = 0;
  double quantile_95 = 0;
  double maximum = 0;
};

/// Numbers that are NaN are no numbers and not counted at all.
Distribution describe(std::vector<double> numbers);

}  // namespace matseq
