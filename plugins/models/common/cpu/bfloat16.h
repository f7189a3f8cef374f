/// \file
/// Numbers with the range of float32 and the first 7 of its 23 bits behind the point. No LibTorch.
#pragma once

#include <bit>
#include <cstdint>

namespace matseq::cpu {

struct BFloat16 {
  std::uint16_t bits;
};

/// To the nearest, of two the even one; NaN stays NaN.
inline BFloat16 to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const bool is_nan = (bits & 0x7fffffffU) > 0x7f800000U;
  const std::uint32_t rounded = (bits + 0x7fffU + (bits >> 16 & 1U)) >> 16;
  return {static_cast<std::uint16_t>(is_nan ? 0x7fc0U : rounded)};
}

inline float to_float(BFloat16 value) { return std::bit_cast<float>(std::uint32_t{value.bits} << 16); }

inline void round_to_bfloat16(std::int64_t count, const float* from, BFloat16* to) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = to_bfloat16(from[i]);
}

}  // namespace matseq::cpu
