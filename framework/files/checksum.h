/// \file
/// Cyclic redundancy checks of 32 bits: the one of zip files and the one of TensorBoard's event files.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace matseq {

/// A reflected CRC-32 with this (reflected) polynomial, eight bytes at a time (Intel's "slicing by 8").
template <std::uint32_t polynomial>
class CyclicRedundancyCheck {
 public:
  void add(std::span<const std::byte> bytes) {
    static_assert(std::endian::native == std::endian::little);
    while (bytes.size() >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data(), 8);
      word ^= state_;
      state_ = 0;
      for (std::size_t place = 0; place < 8; ++place) state_ ^= tables[7 - place][word >> (8 * place) & 0xFF];
      bytes = bytes.subspan(8);
    }
    for (const std::byte byte : bytes)
      state_ = tables[0][(state_ ^ std::to_integer<std::uint32_t>(byte)) & 0xFF] ^ state_ >> 8;
  }

  std::uint32_t value() const { return ~state_; }

  static std::uint32_t of(std::span<const std::byte> bytes) {
    CyclicRedundancyCheck check;
    check.add(bytes);
    return check.value();
  }

 private:
  using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

  static constexpr Tables make_tables() {
    Tables made{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      std::uint32_t rest = byte;
      for (int bit = 0; bit < 8; ++bit) rest = rest >> 1 ^ ((rest & 1) != 0 ? polynomial : 0);
      made[0][byte] = rest;
    }
    for (std::size_t distance = 1; distance < made.size(); ++distance) {
      for (std::size_t byte = 0; byte < 256; ++byte) {
        const std::uint32_t before = made[distance - 1][byte];
        made[distance][byte] = made[0][before & 0xFF] ^ before >> 8;
      }
    }
    return made;
  }

  static constexpr Tables tables = make_tables();

  std::uint32_t state_ = ~std::uint32_t{0};
};

/// IEEE 802.3's, as zip files have it.
using Crc32 = CyclicRedundancyCheck<0xEDB88320>;
/// Castagnoli's, as TensorFlow's record files have it.
using Crc32c = CyclicRedundancyCheck<0x82F63B78>;

}  // namespace matseq
