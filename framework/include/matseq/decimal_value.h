/// \file
/// The value of decoded decimals.
#pragma once

#include <cstdint>
#include <optional>

namespace matseq {

/// (-1)^negative * magnitude * 10^exponent for exponent >= 0, an exact integer; none outside [-2^63, 2^64) (spec
/// section 2, "Decoding a matrix").
inline std::optional<double> integer_value(bool negative, std::uint64_t magnitude, int exponent) {
  if (magnitude == 0) return 0.0;
  const std::uint64_t largest = negative ? std::uint64_t{1} << 63U : ~std::uint64_t{0};
  for (; exponent > 0; --exponent) {
    if (magnitude > largest / 10) return std::nullopt;
    magnitude *= 10;
  }
  if (magnitude > largest) return std::nullopt;
  const auto value = static_cast<double>(magnitude);
  return negative ? -value : value;
}

}  // namespace matseq
