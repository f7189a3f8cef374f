// Sign, exponent and mantissa in one base.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "encoders.h"
#include "matseq/error.h"
#include "matseq/random_stream.h"

namespace matseq {
namespace {

using testing::decode_texts;
using testing::encode_texts;
using testing::encode_tokens;
using testing::encoder_of;
using Tokens = std::vector<std::string>;
using Integer = std::int64_t;

TEST(Ieee, DecimalDigits) {
  const auto encoder = encoder_of("ieee");
  EXPECT_EQ(encode_texts(*encoder, -3.14159), (Tokens{"-", "5", "0", "3", "1", "4"}));
  EXPECT_EQ(encode_texts(*encoder, 0.00999999), (Tokens{"+", "4", "8", "1", "0", "0"}));
  EXPECT_EQ(encode_texts(*encoder, 1000), (Tokens{"+", "5", "3", "1", "0", "0"}));
  EXPECT_EQ(encode_texts(*encoder, 999.9), (Tokens{"+", "5", "3", "1", "0", "0"}));
  EXPECT_EQ(encode_texts(*encoder, -0.0), (Tokens{"+", "0", "0", "0", "0", "0"}));
  EXPECT_EQ(encode_texts(*encoder, -std::numeric_limits<double>::infinity()), (Tokens{"-", "9", "9", "9", "9", "9"}));
  EXPECT_EQ(encode_texts(*encoder, 1e-50), (Tokens{"+", "0", "0", "1", "0", "0"}));
  EXPECT_EQ(encode_texts(*encoder, 0.6e-50), (Tokens{"+", "0", "0", "1", "0", "0"}));
  EXPECT_EQ(encode_texts(*encoder, 0.4e-50), (Tokens{"+", "0", "0", "0", "0", "0"}));
  EXPECT_DOUBLE_EQ(encoder->limit(), 1e50);
}

// The bits of a float are the tokens, with the mantissa's first one written and the exponent one more than biased
// there.
TEST(Ieee, BitsOfFloats) {
  const auto encoder =
      encoder_of("ieee", {{"base", Integer{2}}, {"exponent_digits", Integer{8}}, {"mantissa_digits", Integer{24}}});
  RandomStream random(random_key(1, "floats"), 0);
  for (int i = 0; i < 1000; ++i) {
    const auto value = static_cast<float>(random.normal(0, 1) * std::pow(10.0, random.uniform(-30, 30)));
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t exponent = ((bits >> 23U) & 0xFFU) + 1;
    const std::uint32_t mantissa = (bits & 0x7FFFFFU) | 0x800000U;
    Tokens expected = {value < 0 ? "-" : "+"};
    for (int bit = 7; bit >= 0; --bit) expected.push_back((exponent >> static_cast<unsigned>(bit) & 1U) ? "1" : "0");
    for (int bit = 23; bit >= 0; --bit) expected.push_back((mantissa >> static_cast<unsigned>(bit) & 1U) ? "1" : "0");
    EXPECT_EQ(encode_texts(*encoder, static_cast<double>(value)), expected) << value;
    EXPECT_EQ(decode_texts(*encoder, expected)->value, static_cast<double>(value));
  }
}

TEST(Ieee, ValuesAreTheNearestAndComeBack) {
  struct Digits {
    Integer base, exponent, mantissa;
  };
  for (const Digits& digits : {Digits{2, 8, 1}, Digits{3, 5, 30}, Digits{10, 2, 3}, Digits{10, 3, 14},
                               Digits{16, 3, 12}, Digits{1000, 1, 1}, Digits{1000, 2, 4}}) {
    const auto encoder = encoder_of(
        "ieee", {{"base", digits.base}, {"exponent_digits", digits.exponent}, {"mantissa_digits", digits.mantissa}});
    RandomStream random(random_key(1, "numbers"), 0);
    for (int i = 0; i < 1000; ++i) {
      const double value = random.normal(0, 1) * std::pow(10.0, random.uniform(-25, 25));
      const std::vector<Token> tokens = encode_tokens(*encoder, value);
      EXPECT_EQ(tokens.size(), encoder->longest());
      const auto read = encoder->decode(tokens);
      ASSERT_TRUE(read);
      const double rounding =
          std::pow(static_cast<double>(digits.base), 1 - static_cast<double>(digits.mantissa)) / 2 + 1e-15;
      EXPECT_LE(std::abs(read->value - value), rounding * std::abs(value)) << value << " in base " << digits.base;
      EXPECT_EQ(encode_tokens(*encoder, read->value), tokens);
    }
  }
}

TEST(Ieee, WhatIsNoNumberIsNone) {
  const auto encoder = encoder_of("ieee");
  EXPECT_FALSE(decode_texts(*encoder, {"+", "5", "0", "3", "1"}));
  EXPECT_FALSE(decode_texts(*encoder, {"5", "0", "3", "1", "4", "1"}));
  EXPECT_FALSE(decode_texts(*encoder, {"+", "5", "0", "3", "+", "4"}));
  EXPECT_FALSE(decode_texts(*encoder, {"+", "5", "0", "3", "x", "4"}));
  EXPECT_EQ(decode_texts(*encoder, {"+", "5", "0", "0", "1", "4", "7"})->value, 0.14);  // a first digit of 0
  EXPECT_THROW(encoder_of("ieee", {{"mantissa_digits", Integer{15}}}), Error);
  EXPECT_THROW(encoder_of("ieee", {{"exponent_digits", Integer{7}}}), Error);
}

}  // namespace
}  // namespace matseq
