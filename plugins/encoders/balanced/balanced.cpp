/// \file
/// The digits of a signed mantissa, themselves signed, and a power of ten.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "matseq/decimal_rounding.h"
#include "matseq/encoder.h"
#include "matseq/numbered_token.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class Balanced : public Encoder {
 public:
  static ParameterSchema schema() {
    return {Parameter::integer("precision", 2, "significant decimal digits after the first")
                .at_least(0)
                .at_most(largest_precision),
            Parameter::integer("base", 10, "base in which the mantissa is written, with digits from -(base - 1) / 2")
                .at_least(3)
                .at_most(1'000'000)};
  }

  explicit Balanced(const Parameters& parameters)
      : rounding_(static_cast<int>(parameters.integer("precision"))),
        base_(parameters.integer("base")),
        lowest_digit_(-((base_ - 1) / 2)) {
    for (std::int64_t digit = lowest_digit_; digit < lowest_digit_ + base_; ++digit) {
      tokens_.push_back(std::to_string(digit));
    }
    first_exponent_ = static_cast<Token>(tokens_.size());
    for (int k = DecimalRounding::lowest_exponent; k <= DecimalRounding::highest_exponent; ++k) {
      tokens_.push_back(numbered_token('E', k));
    }
    std::array<Token, most_digits> digits{};
    for (const std::int64_t sign : {-1, 1}) {
      const Token* end = write_digits(sign * rounding_.largest().mantissa, digits.data());
      longest_ = std::max(longest_, static_cast<std::size_t>(end - digits.data()) + 1);
    }
  }

  const std::vector<std::string>& tokens() const override { return tokens_; }
  double limit() const override { return 1e101; }
  std::size_t longest() const override { return longest_; }

  Token* encode(std::span<const double> values, Token* out) const override {
    for (const double value : values) {
      const Decimal decimal = rounding_.round(std::fabs(value));
      out = write_digits(std::signbit(value) ? -decimal.mantissa : decimal.mantissa, out);
      *out++ = first_exponent_ + decimal.exponent - DecimalRounding::lowest_exponent;
    }
    return out;
  }

  // Without a sign it is the exponent that ends a number.
  std::optional<DecodedNumber> decode(std::span<const Token> tokens) const override {
    std::int64_t mantissa = 0;
    std::size_t length = 0;
    for (; length < tokens.size() && tokens[length] >= 0 && tokens[length] < first_exponent_; ++length) {
      if (length == longest_) return std::nullopt;  // longer than any that is written, and perhaps than 64 bits
      mantissa = mantissa * base_ + lowest_digit_ + tokens[length];
    }
    if (length == 0 || length == tokens.size() || tokens[length] < 0) return std::nullopt;
    const int exponent = tokens[length] - first_exponent_ + DecimalRounding::lowest_exponent;
    return DecodedNumber{static_cast<double>(mantissa) * rounding_.powers()(exponent), length + 1};
  }

 private:
  /// Of a mantissa of 17 decimal digits in base 3, and to spare.
  static constexpr std::size_t most_digits = 64;
  /// One more digit of a million in front of such a mantissa still has 64 bits.
  static constexpr int largest_precision = 11;

  /// Most significant digit first, without leading zeros; zero has one digit.
  Token* write_digits(std::int64_t mantissa, Token* out) const {
    std::array<Token, most_digits> backwards;  // NOLINT(cppcoreguidelines-pro-type-member-init): written before read
    std::size_t count = 0;
    do {
      // The digit is the remainder that lies in [lowest_digit_, lowest_digit_ + base_).
      std::int64_t above_lowest = (mantissa - lowest_digit_) % base_;
      if (above_lowest < 0) above_lowest += base_;
      backwards[count++] = static_cast<Token>(above_lowest);
      mantissa = (mantissa - lowest_digit_ - above_lowest) / base_;
    } while (mantissa != 0);
    return std::reverse_copy(backwards.begin(), backwards.begin() + static_cast<std::ptrdiff_t>(count), out);
  }

  DecimalRounding rounding_;
  std::int64_t base_;
  std::int64_t lowest_digit_;
  std::vector<std::string> tokens_;
  Token first_exponent_ = 0;
  std::size_t longest_ = 0;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Balanced, "balanced", "1.0.0",
                "Digits of either sign, so that the number needs none, and an exponent")
