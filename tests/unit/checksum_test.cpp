#include "files/checksum.h"

#include <gtest/gtest.h>

#include <span>
#include <string>

namespace matseq {
namespace {

std::span<const std::byte> bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

// "123456789" is the check value of the catalogue of CRC algorithms; the others are of RFC 3720, B.4.
TEST(Checksum, PublishedValues) {
  EXPECT_EQ(Crc32::of(bytes("123456789")), 0xCBF43926U);
  EXPECT_EQ(Crc32c::of(bytes("123456789")), 0xE3069283U);
  EXPECT_EQ(Crc32c::of(bytes(std::string(32, '\0'))), 0x8A9136AAU);
  EXPECT_EQ(Crc32c::of(bytes(std::string(32, '\xff'))), 0x62A8AB43U);
  EXPECT_EQ(Crc32::of({}), 0U);
}

// Eight bytes at a time or one: every cut passes through both ways.
TEST(Checksum, PiecesGiveTheSameAsTheWhole) {
  std::string text;
  for (int i = 0; i < 61; ++i) text += static_cast<char>(37 * i + 11);
  const std::uint32_t whole = Crc32::of(bytes(text));
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Crc32 check;
    check.add(bytes(text).first(cut));
    check.add(bytes(text).subspan(cut));
    EXPECT_EQ(check.value(), whole) << cut;
  }
}

}  // namespace
}  // namespace matseq
