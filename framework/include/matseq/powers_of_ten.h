/// \file
/// Powers of ten and decimal exponents of doubles.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "matseq/export.h"

namespace matseq {

/// 10^k as the nearest double, for k from `lowest` to `highest`.
class MATSEQ_API PowersOfTen {
 public:
  static constexpr int lowest = -140;
  static constexpr int highest = 160;

  PowersOfTen();

  /// Precondition: lowest <= k <= highest.
  double operator()(int k) const { return powers_[static_cast<std::size_t>(k - lowest)]; }

  /// floor(log10(value)) for a normal `value` from 10^(lowest + 1) to 10^(highest - 1); a value within one unit in the
  /// last place of a power of ten may be taken for either side of it.
  int exponent(double value) const {
    const int binary = static_cast<int>(std::bit_cast<std::uint64_t>(value) >> 52U) - 1023;
    // 78913 / 2^18 = log10(2) to six digits: this is the exponent or one less, for every binary exponent in the range.
    const int estimate = (binary * 78913) >> 18;
    return estimate + static_cast<int>(value >= (*this)(estimate + 1));
  }

 private:
  std::array<double, highest - lowest + 1> powers_{};
};

}  // namespace matseq
