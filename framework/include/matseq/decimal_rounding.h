/// \file
/// Rounding to significant decimal digits, as C's printf("%.{p}e") rounds, without printing.
#pragma once

#include <cmath>
#include <cstdint>

#include "matseq/export.h"
#include "matseq/powers_of_ten.h"

namespace matseq {

/// mantissa * 10^exponent; zero is 0 * 10^0.
struct Decimal {
  std::int64_t mantissa = 0;
  int exponent = 0;
};

/// Rounds to p + 1 significant digits (spec section 2, positional and float symbol).
class MATSEQ_API DecimalRounding {
 public:
  /// Of the tokens E-100..E100.
  static constexpr int lowest_exponent = -100;
  static constexpr int highest_exponent = 100;
  /// 17 significant digits tell any two doubles apart.
  static constexpr int largest_precision = 16;

  /// Precondition: 0 <= precision <= largest_precision.
  explicit DecimalRounding(int precision);

  /// The nearest decimal with a mantissa of p + 1 digits; of two equally near ones, the even one.
  /// What lies below the lowest exponent is zero; what lies above the highest, infinity and NaN are `largest()`.
  /// `magnitude` must not be negative.
  Decimal round(double magnitude) const {
    if (magnitude >= smallest_ && magnitude < greatest_) [[likely]] {
      const int exponent = powers_.exponent(magnitude);
      // Two roundings, of the power and of the product: an error of at most 2^-52 of the product.
      const double scaled = magnitude * powers_(precision_ - exponent);
      const auto below = static_cast<std::int64_t>(scaled);
      const double above_tie = scaled - static_cast<double>(below) - 0.5;
      if (std::fabs(above_tie) > doubt_) [[likely]] {
        return in_range(below + static_cast<std::int64_t>(above_tie > 0), exponent - precision_);
      }
    }
    return round_exactly(magnitude);
  }

  Decimal largest() const { return {carry_ - 1, highest_exponent}; }

  const PowersOfTen& powers() const { return powers_; }

 private:
  Decimal in_range(std::int64_t mantissa, int exponent) const {
    if (mantissa == carry_) {
      mantissa = carry_ / 10;
      ++exponent;
    }
    if (exponent < lowest_exponent) return {};
    if (exponent > highest_exponent) return largest();
    return {mantissa, exponent};
  }

  Decimal round_exactly(double magnitude) const;

  PowersOfTen powers_;
  int precision_;
  std::int64_t carry_;  ///< 10^(p + 1)
  double smallest_;     ///< the quick way serves [smallest_, greatest_)
  double greatest_;
  double doubt_;  ///< how near to a tie the quick way cannot tell the sides apart
};

}  // namespace matseq
