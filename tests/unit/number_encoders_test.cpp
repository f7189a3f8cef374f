// The three encoders against plain computations of what spec section 2 says, on values that the fast paths find hard.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>
#include <random>
#include <span>
#include <sstream>

#include "encoders.h"
#include "matseq/error.h"

namespace matseq {
namespace {

using testing::decode_texts;
using testing::encode_texts;
using testing::encode_tokens;
using testing::encoder;
using Tokens = std::vector<std::string>;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The mantissa of precision + 1 digits and the exponent that printf rounds to; a mantissa of zero below E-100.
struct Printed {
  long long mantissa = 0;
  int exponent = 0;

  bool operator==(const Printed&) const = default;
  friend std::ostream& operator<<(std::ostream& stream, const Printed& printed) {
    return stream << printed.mantissa << "e" << printed.exponent;
  }
};

Printed print(double value, int precision) {
  if (value == 0) return {};
  char text[64];
  std::snprintf(text, sizeof text, "%.*e", precision, std::fabs(value));
  Printed printed;
  const char* at = text;
  for (; *at != 'e'; ++at) {
    if (*at != '.') printed.mantissa = printed.mantissa * 10 + (*at - '0');
  }
  printed.exponent = std::atoi(at + 1) - precision;
  return printed.exponent < -100 ? Printed{} : printed;
}

std::string join(const Tokens& tokens) {
  std::string text;
  for (const std::string& token : tokens) text += (text.empty() ? "" : " ") + token;
  return text;
}

template <typename... Parts>
std::string concatenate(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
}

/// Values of every kind that rounding can go wrong with, all below the limit 1e101.
class HardValues {
 public:
  explicit HardValues(int precision) : precision_(precision) {}

  double next() {
    const double value = draw();
    return std::fabs(value) < 9.9e100 ? value : 1.0;
  }

 private:
  double draw() {
    const bool negative = (random_() & 1U) != 0;
    const double value = magnitude();
    return negative ? -value : value;
  }

  double magnitude() {
    switch (random_() % 6) {
      case 0:  // any bits
        return std::fabs(std::bit_cast<double>(random_()));
      case 1:  // the size of a usual entry
        return std::uniform_real_distribution<double>(0, 10)(random_);
      case 2:  // any size
        return std::pow(10.0, std::uniform_real_distribution<double>(-104, 101)(random_));
      case 3:  // at a tie or beside it
        return beside(tie());
      case 4:  // at a power of ten or beside it
        return beside(std::stod(concatenate("1e", static_cast<int>(random_() % 206) - 105)));
      default:  // exact ties
        return static_cast<double>(random_() % 100000) / static_cast<double>(1U << (random_() % 8));
    }
  }

  /// A decimal of precision + 2 digits that ends in 5, as a double.
  double tie() {
    const auto mantissa = 10 * (1 + random_() % static_cast<std::uint64_t>(std::pow(10, precision_ + 1))) + 5;
    return std::stod(concatenate(mantissa, 'e', static_cast<int>(random_() % 200) - 110));
  }

  double beside(double value) { return std::bit_cast<double>(std::bit_cast<std::uint64_t>(value) + random_() % 9 - 4); }

  int precision_;
  std::mt19937_64 random_{20240501};
};

/// Puts the tokens of positional and float symbol together again, by their tokens.
class Assembler {
 public:
  explicit Assembler(const Encoder& encoder) {
    for (const std::string& token : encoder.tokens()) {
      const bool digit = token.find_first_not_of("0123456789") == token.npos;
      const bool mantissa = token[0] == 'N';
      const bool exponent = token[0] == 'E';
      kinds_.push_back(digit ? 'd' : token[0]);
      numbers_.push_back(digit ? std::stoll(token) : mantissa || exponent ? std::stoll(token.substr(1)) : 0);
    }
  }

  /// "SIGN DIGITS E", or "N E" with base 0; fails for other forms and leading zeros.
  std::optional<Printed> assemble(std::span<const Token> tokens, long long base) const {
    if (tokens.size() < 2 || kind(tokens.back()) != 'E') return std::nullopt;
    Printed assembled{0, static_cast<int>(number(tokens.back()))};
    if (base == 0) {
      assembled.mantissa = number(tokens[0]);
      return tokens.size() == 2 && kind(tokens[0]) == 'N' ? std::optional(assembled) : std::nullopt;
    }
    if (kind(tokens[0]) != '+' && kind(tokens[0]) != '-') return std::nullopt;
    const std::span<const Token> digits = tokens.subspan(1, tokens.size() - 2);
    if (digits.empty() || (digits.size() > 1 && number(digits[0]) == 0)) return std::nullopt;
    for (const Token digit : digits) {
      if (kind(digit) != 'd') return std::nullopt;
      assembled.mantissa = assembled.mantissa * base + number(digit);
    }
    if (kind(tokens[0]) == '-') {
      if (assembled.mantissa == 0) return std::nullopt;
      assembled.mantissa = -assembled.mantissa;
    }
    return assembled;
  }

 private:
  char kind(Token token) const { return kinds_.at(static_cast<std::size_t>(token)); }
  long long number(Token token) const { return numbers_.at(static_cast<std::size_t>(token)); }

  std::vector<char> kinds_;
  std::vector<long long> numbers_;
};

void expect_rounding_as_printf(const Encoder& tested, int precision, long long base, int count) {
  const Assembler assembler(tested);
  HardValues values(precision);
  for (int i = 0; i < count; ++i) {
    const double value = values.next();
    const auto written = assembler.assemble(encode_tokens(tested, value), base);
    Printed printed = print(value, precision);
    if (value < 0) printed.mantissa = -printed.mantissa;
    ASSERT_EQ(written, printed) << precision << " " << base << " " << std::hexfloat << value;
  }
}

TEST(PositionalEncoder, RoundsAsPrintf) {
  const struct {
    int precision, base, count;
  } cases[] = {{2, 1000, 1000000}, {2, 10, 100000}, {0, 10, 100000},      {3, 10000, 100000}, {1, 2, 50000},
               {11, 10, 50000},    {12, 7, 50000},  {13, 1000000, 50000}, {16, 10, 50000},    {16, 2, 50000}};
  for (const auto& [precision, base, count] : cases) {
    expect_rounding_as_printf(*encoder(concatenate("float,", precision, ',', base)), precision, base, count);
  }
}

TEST(FloatTokenEncoder, RoundsAsPrintf) {
  for (const int precision : {0, 1, 2, 3, 5}) {
    expect_rounding_as_printf(*encoder(concatenate("floatsymbol,", precision)), precision, 0, 100000);
  }
}

/// Spec section 2, floating point, token for token.
std::string plain_floating_point(double value, int precision, int exponents) {
  const std::string sign = value < 0 ? "-" : "";
  if (std::fabs(value) > std::pow(10.0, (precision + exponents) / 2)) return sign + "NaN";
  const double scaled = std::fabs(value) * std::pow(10.0, (exponents - precision) / 2);
  if (scaled == 0) return "N0e0";
  int exponent = std::max(0, static_cast<int>(std::trunc(std::log10(scaled))));
  auto mantissa = static_cast<long long>(std::floor(scaled * std::pow(10.0, precision - exponent) + 0.5));
  if (mantissa == 0) return "N0e0";
  if (mantissa == std::llround(std::pow(10.0, precision + 1))) {
    mantissa = std::llround(std::pow(10.0, precision));
    ++exponent;
  }
  if (exponent >= exponents) return sign + "NaN";
  return concatenate('N', sign, mantissa, 'e', exponent);
}

TEST(FloatingPointEncoder, ComputesThePlainFormula) {
  const struct {
    int precision, exponents, count;
  } cases[] = {{2, 16, 500000}, {0, 2, 20000},   {1, 15, 50000}, {3, 15, 50000},
               {2, 40, 50000},  {0, 100, 50000}, {3, 1, 20000}};
  for (const auto& [precision, exponents, count] : cases) {
    const auto tested = encoder(concatenate("FP15,", precision, ',', exponents));
    HardValues values(precision);
    for (int i = 0; i < count; ++i) {
      const double value = values.next();
      ASSERT_EQ(join(encode_texts(*tested, value)), plain_floating_point(value, precision, exponents))
          << precision << " " << exponents << " " << std::hexfloat << value;
    }
  }
}

TEST(NumberEncoders, ReadWhatTheyWrite) {
  for (const char* name : {"P10", "P1000", "B1999", "float,5,100", "float,14,3"}) {
    const auto tested = encoder(name);
    std::mt19937_64 random(7);
    for (int i = 0; i < 20000; ++i) {
      const double value = std::uniform_real_distribution<double>(-1, 1)(random) *
                           std::pow(10.0, std::uniform_real_distribution<double>(-80, 15)(random));
      const std::vector<Token> tokens = encode_tokens(*tested, value);
      const auto decoded = tested->decode(tokens);
      ASSERT_TRUE(decoded.has_value()) << name << " " << value;
      ASSERT_EQ(decoded->length, tokens.size());
      ASSERT_NEAR(decoded->value, value, std::fabs(value) * 0.005001) << name;
      ASSERT_EQ(encode_tokens(*tested, decoded->value), tokens) << name << " " << value;
    }
  }
}

TEST(NumberEncoders, ReadBackEveryFloatingPointToken) {
  const auto tested = encoder("FP15");
  for (Token token = 0; token < static_cast<Token>(tested->tokens().size()); ++token) {
    const auto decoded = tested->decode(std::vector<Token>{token});
    ASSERT_TRUE(decoded.has_value());
    ASSERT_EQ(decoded->length, 1U);
    const std::string& text = tested->tokens()[static_cast<std::size_t>(token)];
    if (text == "NaN" || text == "-NaN") {
      EXPECT_EQ(decoded->value, text == "NaN" ? 1e9 : -1e9);
      continue;
    }
    const double expected = std::stod(text.substr(1, text.find('e') - 1)) *
                            std::pow(10.0, std::stoi(text.substr(text.find('e') + 1))) / 1e9;
    ASSERT_NEAR(decoded->value, expected, std::fabs(expected) * 1e-15) << text;
  }
}

TEST(NumberEncoders, WriteExtremesSafely) {
  const double tiny = std::numeric_limits<double>::denorm_min();
  const double huge = std::numeric_limits<double>::max();
  const auto p10 = encoder("P10");
  EXPECT_EQ(encode_texts(*p10, infinity), (Tokens{"+", "9", "9", "9", "E100"}));
  EXPECT_EQ(encode_texts(*p10, -huge), (Tokens{"-", "9", "9", "9", "E100"}));
  EXPECT_EQ(encode_texts(*p10, std::fabs(nan)), (Tokens{"+", "9", "9", "9", "E100"}));
  EXPECT_EQ(encode_texts(*p10, -tiny), (Tokens{"+", "0", "E0"}));
  EXPECT_EQ(encode_texts(*p10, 9.994e102), (Tokens{"+", "9", "9", "9", "E100"}));
  EXPECT_EQ(encode_texts(*p10, 9.996e102), (Tokens{"+", "9", "9", "9", "E100"}));
  EXPECT_EQ(encode_texts(*p10, 9.996e-99), (Tokens{"+", "1", "0", "0", "E-100"}));
  EXPECT_EQ(encode_texts(*p10, -9.994e-99), (Tokens{"+", "0", "E0"}));
  const auto b1999 = encoder("B1999");
  EXPECT_EQ(encode_texts(*b1999, -infinity), (Tokens{"N-999", "E100"}));
  EXPECT_EQ(encode_texts(*b1999, -tiny), (Tokens{"N0", "E0"}));
  const auto fp15 = encoder("FP15");
  EXPECT_EQ(encode_texts(*fp15, infinity), (Tokens{"NaN"}));
  EXPECT_EQ(encode_texts(*fp15, -huge), (Tokens{"-NaN"}));
  EXPECT_EQ(encode_texts(*fp15, std::fabs(nan)), (Tokens{"NaN"}));
  EXPECT_EQ(encode_texts(*fp15, -tiny), (Tokens{"N0e0"}));
  EXPECT_EQ(p10->limit(), 1e101);
  EXPECT_EQ(b1999->limit(), 1e101);
  EXPECT_EQ(fp15->limit(), 1e9);
}

TEST(PositionalEncoder, ReadsFractionsAndSpelledPowers) {
  const auto p10 = encoder("P10");
  const auto value = [&](const Tokens& tokens) -> std::optional<double> {
    const auto decoded = decode_texts(*p10, tokens);
    return decoded ? std::optional(decoded->value) : std::nullopt;
  };
  EXPECT_EQ(value({"+", "1", "2"}), 12.0);
  EXPECT_DOUBLE_EQ(*value({"-", "1", ".", "2", "5", "E1"}), -12.5);
  EXPECT_DOUBLE_EQ(*value({"+", "3", ".", "5"}), 3.05);  // by 10^precision, however many digits
  EXPECT_EQ(value({"+", "3", "10^", "+", "2"}), 300.0);
  EXPECT_DOUBLE_EQ(*value({"+", "3", "10^", "-", "1", "2"}), 3e-12);
  EXPECT_EQ(value({"+", "3", "10^", "-", "9", "9", "9", "9", "9", "9", "9", "9", "9", "9", "9"}), 0.0);
  EXPECT_EQ(value({"+", "0", "10^", "+", "9", "9", "9", "9", "9", "9", "9", "9", "9", "9", "9"}), 0.0);
  EXPECT_EQ(value({"-", "0", "E100"}), 0.0);
  for (const Tokens& tokens : {Tokens{}, Tokens{"1"}, Tokens{"+"}, Tokens{"+", "E1"}, Tokens{"+", "1", "."},
                               Tokens{"+", "1", ".", "E1"}, Tokens{"+", "1", "10^"}, Tokens{"+", "1", "10^", "1"},
                               Tokens{"+", "1", "10^", "+"}, Tokens{"+", "1", ".", "5", "10^", "+", "4", "0", "0"}}) {
    EXPECT_FALSE(value(tokens).has_value()) << join(tokens);
  }
  EXPECT_EQ(decode_texts(*p10, {"+", "1", "E2", "-", "5"})->length, 3U);
  EXPECT_EQ(decode_texts(*p10, {"+", "1", "-", "5"})->length, 2U);
  EXPECT_EQ(decode_texts(*p10, {"+", "1", "10^", "+", "2", "E3"})->length, 5U);
}

TEST(PositionalEncoder, ReadsIntegersOf64BitsOnly) {
  const auto p10 = encoder("P10");
  const auto decode = [&](const std::string& sign, const std::string& digits, const Tokens& exponent) {
    Tokens tokens{sign};
    for (const char digit : digits) tokens.emplace_back(1, digit);
    tokens.insert(tokens.end(), exponent.begin(), exponent.end());
    return decode_texts(*p10, tokens);
  };
  EXPECT_EQ(decode("+", "18446744073709551615", {})->value, 0x1p64);
  EXPECT_FALSE(decode("+", "18446744073709551616", {}));
  EXPECT_EQ(decode("-", "9223372036854775808", {"E0"})->value, -0x1p63);
  EXPECT_FALSE(decode("-", "9223372036854775809", {"E0"}));
  EXPECT_EQ(decode("+", "1", {"E19"})->value, 1e19);
  EXPECT_FALSE(decode("+", "1", {"E20"}));
  EXPECT_FALSE(decode("-", "1", {"E19"}));
  EXPECT_FALSE(decode("+", "1", {"E100"}));
  // Only integers are bounded so.
  EXPECT_DOUBLE_EQ(decode("+", "18446744073709551616", {"E-1"})->value, 1844674407370955161.6);
  EXPECT_DOUBLE_EQ(decode("+", "1", {".", "0", "E30"})->value, 1e30);
}

TEST(PositionalEncoder, ReadsDigitsWithoutEnd) {
  const auto p10 = encoder("P10");
  Tokens tokens(1'000'000, "9");
  tokens[0] = "+";
  EXPECT_FALSE(decode_texts(*p10, tokens));
  tokens.emplace_back("E-100");
  EXPECT_FALSE(decode_texts(*p10, tokens));  // no double holds the mantissa
  Tokens zeros(1'000'000, "0");
  zeros[0] = "-";
  zeros.emplace_back("7");
  EXPECT_EQ(decode_texts(*p10, zeros)->value, -7);
  Tokens long_number(301, "1");
  long_number[0] = "+";
  long_number.emplace_back("E-100");
  EXPECT_NEAR(decode_texts(*p10, long_number)->value, 1.0 / 9 * 1e200, 1e188);
}

TEST(FloatTokenEncoder, NeedsBothTokens) {
  const auto b1999 = encoder("B1999");
  EXPECT_DOUBLE_EQ(decode_texts(*b1999, {"N-314", "E-2"})->value, -3.14);
  EXPECT_EQ(decode_texts(*b1999, {"N1000", "E0"})->value, 1000);
  EXPECT_EQ(decode_texts(*b1999, {"N0", "E100"})->value, 0);
  EXPECT_EQ(decode_texts(*b1999, {"N1", "E19"})->value, 1e19);
  for (const Tokens& tokens : {Tokens{}, Tokens{"N1"}, Tokens{"E1"}, Tokens{"E1", "N1"}, Tokens{"N1", "N1"},
                               Tokens{"N1", "?"}, Tokens{"N1", "E20"}, Tokens{"N-1", "E19"}}) {
    EXPECT_FALSE(decode_texts(*b1999, tokens)) << join(tokens);
  }
}

TEST(NumberEncoders, SurviveAnyTokens) {
  std::mt19937_64 random(11);
  for (const char* name : {"P10", "P1000", "B1999", "FP15", "float,16,2"}) {
    const auto tested = encoder(name);
    const auto size = static_cast<Token>(tested->tokens().size());
    for (int i = 0; i < 20000; ++i) {
      std::vector<Token> tokens(random() % 12);
      for (Token& token : tokens) {
        const bool wild = random() % 10 == 0;
        const auto range = random() % 3 == 0 ? size : std::min(size, 14);  // 14: the signs and digits of P10
        token = wild ? static_cast<Token>(random()) : static_cast<Token>(random() % static_cast<unsigned>(range));
      }
      if (const auto decoded = tested->decode(tokens)) {
        ASSERT_GE(decoded->length, 1U);
        ASSERT_LE(decoded->length, tokens.size());
        ASSERT_FALSE(std::isnan(decoded->value));
      }
    }
  }
}

TEST(NumberEncoders, SayTheLongestNumber) {
  EXPECT_EQ(encoder("P10")->longest(), 5U);
  EXPECT_EQ(encoder("P1000")->longest(), 3U);
  EXPECT_EQ(encoder("float,16,2")->longest(), 2U + 57U);  // 10^17 - 1 has 57 bits
  EXPECT_EQ(encoder("B1999")->longest(), 2U);
  EXPECT_EQ(encoder("FP15")->longest(), 1U);
}

TEST(NumberEncoders, RefuseParametersThatMakeNoEncoding) {
  EXPECT_THROW(encoder("FP15,2,15"), Error);
  EXPECT_THROW(encoder("FP15,5,95"), Error);  // too many tokens
  EXPECT_THROW(encoder("FP15,2,0"), Error);
  EXPECT_THROW(encoder("float,2,1"), Error);
  EXPECT_THROW(encoder("float,17,10"), Error);
  EXPECT_THROW(encoder("float,-1,10"), Error);
  EXPECT_THROW(encoder("floatsymbol,9"), Error);
}

}  // namespace
}  // namespace matseq
