/// \file
/// Vectors whose memory begins with a line of the cache. Some BLAS libraries (MKL) choose by the alignment of their
/// operands in which order they sum, so that the bits of a product would depend on where memory happens to lie.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace matseq::cpu {

inline constexpr std::size_t cache_line = 64;  // bytes

template <typename Number>
struct CacheLineAllocator {
  using value_type = Number;  // NOLINT(readability-identifier-naming): the name that allocators have

  CacheLineAllocator() = default;
  template <typename Other>
  explicit CacheLineAllocator(const CacheLineAllocator<Other>& /*other*/) {}

  Number* allocate(std::size_t count) {
    return static_cast<Number*>(::operator new (count * sizeof(Number), std::align_val_t{cache_line}));
  }
  void deallocate(Number* memory, std::size_t /*count*/) { ::operator delete (memory, std::align_val_t{cache_line}); }

  bool operator==(const CacheLineAllocator& /*other*/) const = default;
};

template <typename Number>
using AlignedVector = std::vector<Number, CacheLineAllocator<Number>>;

/// The next number of elements that fills whole lines.
template <typename Number>
std::int64_t whole_lines(std::int64_t count) {
  constexpr auto line = static_cast<std::int64_t>(cache_line / sizeof(Number));
  return (count + line - 1) / line * line;
}

}  // namespace matseq::cpu
