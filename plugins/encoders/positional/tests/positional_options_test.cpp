// Orders and widths of digits.
#include <gtest/gtest.h>

#include "encoders.h"

namespace matseq {
namespace {

using testing::decode_texts;
using testing::encode_texts;
using testing::encode_tokens;
using testing::encoder_of;
using Tokens = std::vector<std::string>;
using Integer = std::int64_t;

TEST(PositionalOptions, LeastSignificantDigitFirst) {
  const auto reversed = encoder_of("positional", {{"base", Integer{10}}, {"reversed", true}});
  EXPECT_EQ(encode_texts(*reversed, -3.14), (Tokens{"-", "4", "1", "3", "E-2"}));
  EXPECT_EQ(encode_texts(*reversed, 0), (Tokens{"+", "0", "E0"}));
  EXPECT_EQ(decode_texts(*reversed, {"+", "0", "0", "1", "E0"})->value, 100);
}

TEST(PositionalOptions, LeadingZeros) {
  const auto fixed = encoder_of("positional", {{"base", Integer{16}}, {"fixed_width", true}});
  EXPECT_EQ(encode_texts(*fixed, 1), (Tokens{"+", "0", "6", "4", "E-2"}));  // 100 = 0x64
  EXPECT_EQ(encode_texts(*fixed, -9.99), (Tokens{"-", "3", "14", "7", "E-2"}));
  EXPECT_EQ(encode_texts(*fixed, 0), (Tokens{"+", "0", "0", "0", "E0"}));
  const auto both = encoder_of("positional", {{"base", Integer{16}}, {"fixed_width", true}, {"reversed", true}});
  EXPECT_EQ(encode_texts(*both, 1), (Tokens{"+", "4", "6", "0", "E-2"}));
  const auto one = encoder_of("positional", {{"fixed_width", true}});
  EXPECT_EQ(encode_texts(*one, 1), (Tokens{"+", "100", "E-2"}));
}

TEST(PositionalOptions, ReadWhatTheyWriteAsTheDigitsInOrderSayIt) {
  for (const Integer base : {2, 10, 97, 1000}) {
    for (const Integer precision : {0, 2, 9, 16}) {
      const auto plain = encoder_of("positional", {{"base", base}, {"precision", precision}});
      for (const bool reversed : {false, true}) {
        const auto other =
            encoder_of("positional",
                       {{"base", base}, {"precision", precision}, {"reversed", reversed}, {"fixed_width", !reversed}});
        for (const double value : {0.0, 1.0, -0.015625, 123456.789, -9.9999e15, 6.02214076e-23}) {
          const auto expected = plain->decode(encode_tokens(*plain, value));
          const auto tokens = encode_tokens(*other, value);
          const auto read = other->decode(tokens);
          ASSERT_TRUE(expected && read);
          EXPECT_EQ(read->value, expected->value);
          EXPECT_EQ(read->length, tokens.size());
          EXPECT_LE(tokens.size(), other->longest());
          EXPECT_TRUE(reversed || tokens.size() == other->longest());
        }
      }
    }
  }
}

}  // namespace
}  // namespace matseq
