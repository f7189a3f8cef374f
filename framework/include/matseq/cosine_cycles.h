/// \file
/// What the two cosine schedules share: the range of rates of every cycle.
#pragma once

#include <algorithm>
#include <cmath>

#include "matseq/parameter.h"
#include "matseq/parameters.h"

namespace matseq {

/// In cycle i the rate swings between lo = min_lr * lr_shrink_min^i and hi = max(lr * lr_shrink^i, lo)
/// (reference, section 5).
class CosineCycles {
 public:
  /// The parameters after those of the warm-up.
  static ParameterSchema schema() {
    return {
        Parameter::real("min_lr", 1e-9, "lowest rate of the first cycle").at_least(0),
        Parameter::real("init_period", 1e6, "updates in the first cycle").at_least(1),
        Parameter::real("period_mult", 1, "each cycle is this many times as long as the one before").at_least(1),
        Parameter::real("lr_shrink", 0.75, "each cycle's highest rate, as a multiple of the one before").at_least(0),
        Parameter::real("lr_shrink_min", 0.75, "each cycle's lowest rate, as a multiple of the one before").at_least(0),
    };
  }

  explicit CosineCycles(const Parameters& parameters)
      : lowest_rate_(parameters.real("min_lr")),
        shrink_highest_(parameters.real("lr_shrink")),
        shrink_lowest_(parameters.real("lr_shrink_min")) {}

  /// The rate in cycle `cycle` where the cosine of the phase is `cosine`: hi at 1, lo at -1.
  double rate(double cycle, double cosine, double base_rate) const {
    const double lowest = lowest_rate_ * std::pow(shrink_lowest_, cycle);
    const double highest = std::max(base_rate * std::pow(shrink_highest_, cycle), lowest);
    return lowest + 0.5 * (highest - lowest) * (1 + cosine);
  }

 private:
  double lowest_rate_;
  double shrink_highest_;
  double shrink_lowest_;
};

}  // namespace matseq
