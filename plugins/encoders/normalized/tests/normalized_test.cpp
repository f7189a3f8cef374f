// Shares of a range.
#include <gtest/gtest.h>

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

TEST(Normalized, StepsFromTheLowestUp) {
  const auto encoder = encoder_of("normalized");
  EXPECT_EQ(encode_texts(*encoder, 3.14), (Tokens{"6", "5", "7"}));
  EXPECT_EQ(encode_texts(*encoder, 0), (Tokens{"5", "0", "0"}));
  EXPECT_EQ(decode_texts(*encoder, {"5", "0", "0"})->value, 0);
  EXPECT_EQ(encode_texts(*encoder, -10), (Tokens{"0", "0", "0"}));
  EXPECT_EQ(encode_texts(*encoder, 9.999), (Tokens{"9", "9", "9"}));
  EXPECT_EQ(encode_texts(*encoder, 1e300), (Tokens{"9", "9", "9"}));
  EXPECT_EQ(encode_texts(*encoder, -std::numeric_limits<double>::infinity()), (Tokens{"0", "0", "0"}));
  EXPECT_EQ(encode_texts(*encoder, std::numeric_limits<double>::quiet_NaN()), (Tokens{"9", "9", "9"}));
  EXPECT_FALSE(decode_texts(*encoder, {"5", "0"}));
  EXPECT_FALSE(decode_texts(*encoder, {"5", "x", "0"}));
  EXPECT_THROW(encoder_of("normalized", {{"digits", Integer{15}}}), Error);
}

TEST(Normalized, TheErrorIsAStepsHalfAndStepsComeBack) {
  for (const double range : {1e-7, 1.0, 31.4, 1e60}) {
    for (const Integer base : {2, 7, 10, 1000}) {
      for (const Integer digits : {1, 2, 4}) {
        const auto encoder = encoder_of("normalized", {{"range", range}, {"base", base}, {"digits", digits}});
        const double steps = std::pow(static_cast<double>(base), static_cast<double>(digits));
        RandomStream random(random_key(1, "numbers"), 0);
        for (int i = 0; i < 300; ++i) {
          const double value = random.uniform(-range, range);
          const std::vector<Token> tokens = encode_tokens(*encoder, value);
          EXPECT_EQ(tokens.size(), encoder->longest());
          const double read = encoder->decode(tokens)->value;
          const bool topmost = value > range - range / steps;
          EXPECT_LE(std::abs(read - value), (topmost ? 2 : 1) * range / steps * (1 + 1e-9));
          EXPECT_EQ(encode_tokens(*encoder, read), tokens);
        }
      }
    }
  }
}

}  // namespace
}  // namespace matseq
