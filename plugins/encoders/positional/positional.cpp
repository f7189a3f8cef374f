/// \file
/// A sign, the digits of an integer mantissa, a power of ten (spec section 2, positional; LAWT's P10 and P1000).
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "matseq/decimal_rounding.h"
#include "matseq/decimal_value.h"
#include "matseq/encoder.h"
#include "matseq/numbered_token.h"
#include "matseq/register.h"

namespace matseq {
namespace {

/// Digits read from tokens: an integer of any length.
struct Digits {
  std::uint64_t integer = 0;    ///< when `exact`
  bool exact = true;            ///< it fits into `integer`
  long double approximate = 0;  ///< else; infinite when it is beyond that type too
  std::size_t length = 0;       ///< how many tokens

  double value() const { return exact ? static_cast<double>(integer) : static_cast<double>(approximate); }
};

class Positional : public Encoder {
 public:
  static ParameterSchema schema() {
    return {Parameter::integer("precision", 2, "significant digits after the first")
                .at_least(0)
                .at_most(DecimalRounding::largest_precision),
            Parameter::integer("base", 1000, "base in which the mantissa is written").at_least(2).at_most(1'000'000),
            // Without defaults, so that what is known as P10 and P1000 keeps its two parameters.
            Parameter::boolean("reversed", false, "least significant digit first").optional(),
            Parameter::boolean("fixed_width", false, "leading zeros, so that all mantissas are as long").optional()};
  }

  explicit Positional(const Parameters& parameters)
      : rounding_(static_cast<int>(parameters.integer("precision"))),
        base_(static_cast<std::uint32_t>(parameters.integer("base"))),
        reversed_(parameters.has("reversed") && parameters.boolean("reversed")),
        fraction_unit_(rounding_.powers()(static_cast<int>(parameters.integer("precision")))) {
    tokens_ = {"+", "-", "10^", "."};
    for (std::uint32_t digit = 0; digit < base_; ++digit) tokens_.push_back(std::to_string(digit));
    first_exponent_ = static_cast<Token>(tokens_.size());
    for (int k = DecimalRounding::lowest_exponent; k <= DecimalRounding::highest_exponent; ++k) {
      tokens_.push_back(numbered_token('E', k));
    }
    std::array<Token, most_digits> digits{};
    const Token* end = write_digits(rounding_.largest().mantissa, digits.data());
    const auto width = static_cast<std::size_t>(end - digits.data());
    longest_ = 2 + width;
    if (parameters.has("fixed_width") && parameters.boolean("fixed_width")) width_ = width;
  }

  const std::vector<std::string>& tokens() const override { return tokens_; }
  double limit() const override { return 1e101; }
  std::size_t longest() const override { return longest_; }

  Token* encode(std::span<const double> values, Token* out) const override {
    for (const double value : values) {
      const Decimal decimal = rounding_.round(std::fabs(value));
      *out++ = std::signbit(value) && decimal.mantissa != 0 ? minus : plus;
      out = write_digits(decimal.mantissa, out);
      *out++ = exponent_token(decimal.exponent);
    }
    return out;
  }

  std::optional<DecodedNumber> decode(std::span<const Token> tokens) const override {
    if (tokens.empty() || (tokens[0] != plus && tokens[0] != minus)) return std::nullopt;
    const bool negative = tokens[0] == minus;
    const Digits mantissa = read_digits(tokens.subspan(1));
    if (mantissa.length == 0) return std::nullopt;
    std::size_t length = 1 + mantissa.length;

    Digits fraction;
    if (length < tokens.size() && tokens[length] == point) {
      fraction = read_digits(tokens.subspan(length + 1));
      if (fraction.length == 0) return std::nullopt;
      length += 1 + fraction.length;
    }

    const std::optional<Exponent> exponent = read_exponent(tokens.subspan(length));
    if (!exponent) return std::nullopt;
    length += exponent->length;

    const std::optional<double> value = fraction.length == 0
                                            ? whole_value(negative, mantissa, exponent->value)
                                            : broken_value(negative, mantissa, fraction, exponent->value);
    if (!value) return std::nullopt;
    return DecodedNumber{*value, length};
  }

 private:
  static constexpr Token plus = 0;
  static constexpr Token minus = 1;
  static constexpr Token ten_to_the = 2;
  static constexpr Token point = 3;
  static constexpr Token first_digit = 4;
  static constexpr std::size_t most_digits = 64;  // of 64 bits in base 2
  /// No double has a larger power of ten, and no smaller one but zero.
  static constexpr int extreme_exponent = 1000;

  struct Exponent {
    int value = 0;
    std::size_t length = 0;
  };

  Token exponent_token(int exponent) const { return first_exponent_ + exponent - DecimalRounding::lowest_exponent; }

  /// At least `width_` digits, without further leading zeros; zero has one digit.
  Token* write_digits(std::int64_t mantissa, Token* out) const {
    auto rest = static_cast<std::uint64_t>(mantissa);
    if (rest < base_ && width_ <= 1) {  // every mantissa of P1000
      *out = first_digit + static_cast<Token>(rest);
      return out + 1;
    }
    std::array<Token, most_digits> backwards;  // NOLINT(cppcoreguidelines-pro-type-member-init): written before read
    std::size_t count = 0;
    for (; rest > std::numeric_limits<std::uint32_t>::max(); rest /= base_) {
      backwards[count++] = first_digit + static_cast<Token>(rest % base_);
    }
    // Division of 32 bits takes half the time.
    for (auto small = static_cast<std::uint32_t>(rest); small != 0; small /= base_) {
      backwards[count++] = first_digit + static_cast<Token>(small % base_);
    }
    while (count < width_) backwards[count++] = first_digit;
    if (reversed_) return std::copy_n(backwards.begin(), count, out);
    while (count > 0) *out++ = backwards[--count];
    return out;
  }

  bool is_digit(Token token) const { return token >= first_digit && token < first_exponent_; }

  Digits read_digits(std::span<const Token> tokens) const {
    const std::uint64_t base = base_;
    constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
    const std::uint64_t largest_prefix = largest / base;
    const std::uint64_t largest_last_digit = largest % base;
    Digits digits;
    while (digits.length < tokens.size() && is_digit(tokens[digits.length])) ++digits.length;
    for (std::size_t i = 0; i < digits.length; ++i) {
      const Token token = tokens[reversed_ ? digits.length - 1 - i : i];
      const auto digit = static_cast<std::uint64_t>(token - first_digit);
      const bool overflows =
          digits.integer > largest_prefix || (digits.integer == largest_prefix && digit > largest_last_digit);
      if (digits.exact && overflows) {
        digits.exact = false;
        digits.approximate = static_cast<long double>(digits.integer);
      }
      if (digits.exact) {
        digits.integer = digits.integer * base + digit;
      } else {
        digits.approximate = digits.approximate * static_cast<long double>(base) + static_cast<long double>(digit);
      }
    }
    return digits;
  }

  /// The exponent at the front of `tokens`; 0 of length 0 when there is none; nothing when one begins but cannot be
  /// read.
  std::optional<Exponent> read_exponent(std::span<const Token> tokens) const {
    if (tokens.empty()) return Exponent{};
    if (tokens[0] >= first_exponent_ && tokens[0] < static_cast<Token>(tokens_.size())) {
      return Exponent{tokens[0] - exponent_token(0), 1};
    }
    if (tokens[0] != ten_to_the) return Exponent{};
    if (tokens.size() < 2 || (tokens[1] != plus && tokens[1] != minus)) return std::nullopt;
    const Digits digits = read_digits(tokens.subspan(2));
    if (digits.length == 0) return std::nullopt;
    const bool large = !digits.exact || digits.integer > static_cast<std::uint64_t>(extreme_exponent);
    const int magnitude = large ? extreme_exponent : static_cast<int>(digits.integer);
    return Exponent{tokens[1] == minus ? -magnitude : magnitude, 2 + digits.length};
  }

  /// Without a fraction the reference computes in integers as long as the exponent lets it.
  std::optional<double> whole_value(bool negative, const Digits& mantissa, int exponent) const {
    if (exponent >= 0) {
      if (!mantissa.exact) return std::nullopt;
      return integer_value(negative, mantissa.integer, exponent);
    }
    return scaled(negative, mantissa.value(), exponent);
  }

  std::optional<double> broken_value(bool negative, const Digits& mantissa, const Digits& fraction,
                                     int exponent) const {
    return scaled(negative, mantissa.value() + fraction.value() / fraction_unit_, exponent);
  }

  /// Fails where the mantissa or the power of ten has no double.
  std::optional<double> scaled(bool negative, double mantissa, int exponent) const {
    const bool tabulated = exponent >= PowersOfTen::lowest && exponent <= PowersOfTen::highest;
    const double power = tabulated ? rounding_.powers()(exponent) : std::pow(10.0, exponent);
    if (!std::isfinite(mantissa) || !std::isfinite(power)) return std::nullopt;
    const double value = mantissa * power;
    return negative ? -value : value;
  }

  DecimalRounding rounding_;
  std::uint32_t base_;
  bool reversed_;
  std::size_t width_ = 0;  ///< digits of every mantissa; 0: as many as it takes
  double fraction_unit_;   ///< 10^precision
  std::vector<std::string> tokens_;
  Token first_exponent_ = 0;
  std::size_t longest_ = 0;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Positional, "positional", "1.0.0",
                "A sign, the digits of the mantissa in some base and an exponent: P10, P1000")
