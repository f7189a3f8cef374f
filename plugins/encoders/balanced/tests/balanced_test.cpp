// Balanced digits.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "encoders.h"
#include "matseq/random_stream.h"

namespace matseq {
namespace {

using testing::decode_texts;
using testing::encode_texts;
using testing::encode_tokens;
using testing::encoder_of;
using Tokens = std::vector<std::string>;
using Integer = std::int64_t;

TEST(Balanced, DigitsHaveTheSigns) {
  const auto ten = encoder_of("balanced");
  EXPECT_EQ(encode_texts(*ten, 3.14), (Tokens{"3", "1", "4", "E-2"}));
  EXPECT_EQ(encode_texts(*ten, -3.14), (Tokens{"-3", "-1", "-4", "E-2"}));
  EXPECT_EQ(encode_texts(*ten, 6.28), (Tokens{"1", "-4", "3", "-2", "E-2"}));
  EXPECT_EQ(encode_texts(*ten, 0.5), (Tokens{"5", "0", "0", "E-3"}));
  EXPECT_EQ(encode_texts(*ten, -0.5), (Tokens{"-1", "5", "0", "0", "E-3"}));  // -5 is no digit of base 10
  EXPECT_EQ(encode_texts(*ten, -0.0), (Tokens{"0", "E0"}));
  const auto one = encoder_of("balanced", {{"base", Integer{1999}}});
  EXPECT_EQ(encode_texts(*one, -9.99), (Tokens{"-999", "E-2"}));
  EXPECT_EQ(encode_texts(*one, std::numeric_limits<double>::infinity()), (Tokens{"999", "E100"}));
  const auto three = encoder_of("balanced", {{"base", Integer{3}}, {"precision", Integer{0}}});
  EXPECT_EQ(encode_texts(*three, 5), (Tokens{"1", "-1", "-1", "E0"}));
}

TEST(Balanced, NumbersEndWithTheirExponent) {
  const auto ten = encoder_of("balanced");
  EXPECT_EQ(decode_texts(*ten, {"3", "1", "4", "E-2", "5"})->length, 4U);
  EXPECT_EQ(decode_texts(*ten, {"0", "-2", "E1"})->value, -20);
  for (const Tokens& none :
       {Tokens{}, Tokens{"3"}, Tokens{"E0"}, Tokens{"3", "x"}, Tokens{"3", "+"}, Tokens(50, "5")}) {
    EXPECT_FALSE(decode_texts(*ten, none));
  }
}

TEST(Balanced, ValuesAreTheNearestDecimalsAndComeBack) {
  for (const Integer base : {3, 10, 999, 1'000'000}) {
    for (const Integer precision : {0, 2, 7, 11}) {
      if (base == 1'000'000 && precision < 11) continue;  // a million tokens take a while to name
      const auto encoder = encoder_of("balanced", {{"base", base}, {"precision", precision}});
      RandomStream random(random_key(1, "numbers"), 0);
      for (int i = 0; i < 500; ++i) {
        const double value = random.normal(0, 1) * std::pow(10.0, random.uniform(-30, 30));
        const std::vector<Token> tokens = encode_tokens(*encoder, value);
        const auto read = encoder->decode(tokens);
        ASSERT_TRUE(read);
        EXPECT_EQ(read->length, tokens.size());
        const double rounding = std::pow(10.0, -static_cast<double>(precision)) / 2 + 1e-15;
        EXPECT_LE(std::abs(read->value - value), rounding * std::abs(value));
        EXPECT_EQ(encode_tokens(*encoder, read->value), tokens);
      }
    }
  }
}

}  // namespace
}  // namespace matseq
