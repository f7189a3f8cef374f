// What is shown of an encoding before anything is trained.
#include "tokens/encoding_inspection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "encoders.h"
#include "tokens/encoding_spec.h"

namespace matseq {
namespace {

using testing::encoder;

TEST(EncodingInspection, ANumberWrittenAndReadAgain) {
  const WrittenNumber written = write_number(*encoder("P10"), 3.14159);
  EXPECT_EQ(written.tokens, (std::vector<std::string>{"+", "3", "1", "4", "E-2"}));
  EXPECT_DOUBLE_EQ(written.read.value(), 3.14);
  EXPECT_NEAR(written.relative_error(), 0.00159 / 3.14159, 1e-12);
  EXPECT_EQ(write_number(*encoder("P10"), 0).relative_error(), 0);
  WrittenNumber unread{2, {}, std::nullopt};
  EXPECT_TRUE(std::isinf(unread.relative_error()));
  WrittenNumber zero{0, {}, 1e-9};
  EXPECT_TRUE(std::isinf(zero.relative_error()));
}

// Three significant digits: half a unit of the third, at most 0.5% just above a power of ten.
TEST(EncodingInspection, RoundingOfThreeDigits) {
  for (const char* name : {"P10", "P1000", "B1999", "FP15"}) {
    double largest = 0;
    for (const RoundingError& error : rounding_errors(*encoder(name), 1e-3, 1e3, 60)) {
      EXPECT_LE(error.mean, error.largest) << name;
      EXPECT_GT(error.mean, 0) << name;
      EXPECT_LT(error.from, error.to) << name;
      largest = std::max(largest, error.largest);
    }
    EXPECT_GT(largest, 0.0045) << name;
    EXPECT_LE(largest, 0.005) << name;
  }
}

TEST(EncodingInspection, NumbersBeyondTheLimitAreFarOff) {
  const std::vector<RoundingError> errors = rounding_errors(*encoder("FP15"), 1e6, 1e12, 6);
  EXPECT_LT(errors.front().largest, 0.01);
  EXPECT_GT(errors.back().largest, 0.99);
}

TEST(EncodingInspection, RangesOfAllDoublesStayFinite) {
  const std::vector<RoundingError> errors = rounding_errors(*encoder("P10"), 1e-300, 1e300, 4);
  EXPECT_NEAR(errors.back().to / 1e300, 1, 1e-9);
}

TEST(EncodingInspection, SequencesBySize) {
  EXPECT_EQ(longest_sequence(*encoder("P10"), 3), 47U);
  EXPECT_EQ(longest_sequence(*encoder("P1000"), 3), 29U);
  EXPECT_EQ(longest_sequence(*encoder("FP15"), 20), 402U);
}

TEST(EncodingInspection, ThePlotShowsWhereCurvesMeet) {
  const std::vector<RoundingError> one = {{1, 10, 0, 0.1}, {10, 100, 0, 0}};
  const std::vector<RoundingError> other = {{1, 10, 0, 0.1}, {10, 100, 0, 2}};
  const std::vector<std::string> lines = rounding_plot({one, other});
  ASSERT_EQ(lines.size(), 15U);
  EXPECT_EQ(lines[0], "     100% | b");
  EXPECT_EQ(lines[2], "      10% |* ");
  EXPECT_EQ(lines[12], "  0.0001% | a");
  EXPECT_EQ(lines[14], "           1 100");
}

TEST(EncodingNames, TheShortestNameIsReadAsTheSameEncoding) {
  EXPECT_EQ(encoding_name("positional", {{"precision", "2"}, {"base", "1000"}}), "P1000");
  EXPECT_EQ(encoding_name("positional", {{"precision", "3"}, {"base", "10"}}), "float,3,10");
  EXPECT_EQ(encoding_name("float_symbol", {{"precision", "2"}}), "B1999");
  EXPECT_EQ(encoding_name("floating_point", {{"precision", "2"}, {"exponents", "14"}}), "FP15,2,14");
  EXPECT_EQ(encoding_name("own", {}), "own");
  EXPECT_EQ(encoding_name("own", {{"a", "1"}, {"b", "2"}}), "own(a=1, b=2)");
  EXPECT_EQ(encoding_name("positional", {{"base", "10"}}), "positional(base=10)");
  EXPECT_EQ(parse_encoding("float,3,10", "test").plugin, "positional");
}

}  // namespace
}  // namespace matseq
