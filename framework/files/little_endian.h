/// \file
/// Numbers as files store them, least significant byte first.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

namespace matseq {

/// The number at the front of `bytes`, which must hold at least its size.
template <typename Number>
requires std::integral<Number> || std::floating_point<Number> Number
load_little_endian(std::span<const std::byte> bytes) {
  static_assert(std::endian::native == std::endian::little);
  Number number{};
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

/// Appends the number to `bytes`.
template <typename Number>
requires std::integral<Number> || std::floating_point<Number>
void append_little_endian(std::vector<std::byte>& bytes, Number number) {
  static_assert(std::endian::native == std::endian::little);
  bytes.resize(bytes.size() + sizeof number);
  std::memcpy(bytes.data() + bytes.size() - sizeof number, &number, sizeof number);
}

}  // namespace matseq
