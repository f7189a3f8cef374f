#include "matseq/decimal_rounding.h"

#include <array>
#include <charconv>

namespace matseq {
namespace {

/// From here on the quick way's doubt is wider than a tie's surroundings should be.
constexpr int quick_precision = 12;
// Everything outside is far beyond the exponents that have tokens, whatever the precision.
constexpr double certainly_zero = 1e-120;
constexpr double certainly_too_large = 1e130;

std::int64_t integer_power_of_ten(int exponent) {
  std::int64_t power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

}  // namespace

DecimalRounding::DecimalRounding(int precision)
    : precision_(precision), carry_(integer_power_of_ten(precision + 1)), smallest_(certainly_zero) {
  greatest_ = precision <= quick_precision ? certainly_too_large : 0;
  doubt_ = static_cast<double>(carry_) * 0x1p-51;
}

Decimal DecimalRounding::round_exactly(double magnitude) const {
  if (magnitude < certainly_zero) return {};
  if (!(magnitude < certainly_too_large)) return largest();
  std::array<char, 32> text{};  // "d.ddde+ddd"
  const char* end =
      std::to_chars(text.data(), text.data() + text.size(), magnitude, std::chars_format::scientific, precision_).ptr;
  std::int64_t mantissa = 0;
  const char* at = text.data();
  for (; *at != 'e'; ++at) {
    if (*at != '.') mantissa = mantissa * 10 + (*at - '0');
  }
  const bool negative = at[1] == '-';
  int exponent = 0;
  std::from_chars(at + 2, end, exponent);
  return in_range(mantissa, (negative ? -exponent : exponent) - precision_);
}

}  // namespace matseq
