#include "data/permutation.h"

#include <Random123/philox.h>

#include <algorithm>
#include <bit>

namespace matseq {
namespace {

/// Four make it pseudo-random when there are many things; few things take more to mix.
constexpr std::uint32_t rounds = 8;

}  // namespace

Permutation::Permutation(std::uint64_t size, std::uint64_t key)
    : size_(size), key_(key), half_bits_(std::max(1, (static_cast<int>(std::bit_width(size - 1)) + 1) / 2)) {}

std::uint64_t Permutation::operator()(std::uint64_t index) const {
  std::uint64_t image = scramble(index);
  while (image >= size_) image = scramble(image);
  return image;
}

std::uint64_t Permutation::scramble(std::uint64_t value) const {
  const r123::Philox4x32::key_type key{{static_cast<std::uint32_t>(key_), static_cast<std::uint32_t>(key_ >> 32U)}};
  const std::uint64_t mask = (std::uint64_t{1} << static_cast<unsigned>(half_bits_)) - 1;
  std::uint64_t left = value >> static_cast<unsigned>(half_bits_);
  std::uint64_t right = value & mask;
  for (std::uint32_t round = 0; round < rounds; ++round) {
    const r123::Philox4x32::ctr_type counter{{static_cast<std::uint32_t>(right), round, 0, 0}};
    const std::uint64_t mixed = left ^ (r123::Philox4x32{}(counter, key)[0] & mask);
    left = right;
    right = mixed;
  }
  return left << static_cast<unsigned>(half_bits_) | right;
}

}  // namespace matseq
