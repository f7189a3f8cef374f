/// \file
/// Floating point as machines have it, in any base: a sign, the digits of a biased exponent, those of a mantissa.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "matseq/encoder.h"
#include "matseq/refuse_parameter.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class Ieee : public Encoder {
 public:
  static ParameterSchema schema() {
    return {
        Parameter::integer("base", 10, "base b of all digits").at_least(2).at_most(1000),
        Parameter::integer("exponent_digits", 2, "digits of the biased exponent").at_least(1).at_most(19),
        Parameter::integer("mantissa_digits", 3, "digits of the mantissa, whose first is not 0")
            .at_least(1)
            .at_most(49),
    };
  }

  explicit Ieee(const Parameters& parameters)
      : base_(parameters.integer("base")),
        exponent_digits_(static_cast<int>(parameters.integer("exponent_digits"))),
        mantissa_digits_(static_cast<int>(parameters.integer("mantissa_digits"))) {
    carry_ = power_of_base(parameters, "mantissa_digits", std::int64_t{1} << 49);
    smallest_ = carry_ / base_;
    const std::int64_t exponents = power_of_base(parameters, "exponent_digits", 1'000'000);
    bias_ = exponents / 2;
    // Of a value d.ddd * b^e: the exponents that have tokens and whose values are normal doubles.
    const double digits_of_double = 300 / std::log10(static_cast<double>(base_));
    lowest_exponent_ = std::max(-bias_, -static_cast<std::int64_t>(digits_of_double));
    highest_exponent_ = std::min(exponents - 1 - bias_, static_cast<std::int64_t>(digits_of_double));
    for (std::int64_t e = lowest_exponent_; e <= highest_exponent_ + 1; ++e) {
      powers_.push_back(std::pow(static_cast<long double>(base_), static_cast<long double>(e)));
    }
    tokens_ = {"+", "-"};
    for (std::int64_t digit = 0; digit < base_; ++digit) tokens_.push_back(std::to_string(digit));
  }

  const std::vector<std::string>& tokens() const override { return tokens_; }
  double limit() const override { return static_cast<double>(powers_.back()); }
  std::size_t longest() const override {
    return 1 + static_cast<std::size_t>(exponent_digits_) + static_cast<std::size_t>(mantissa_digits_);
  }

  Token* encode(std::span<const double> values, Token* out) const override {
    for (const double value : values) {
      const Rounded rounded = round(std::fabs(value));
      *out++ = std::signbit(value) && rounded.mantissa != 0 ? minus : plus;
      out = write_digits(rounded.mantissa == 0 ? 0 : rounded.exponent + bias_, exponent_digits_, out);
      out = write_digits(rounded.mantissa, mantissa_digits_, out);
    }
    return out;
  }

  std::optional<DecodedNumber> decode(std::span<const Token> tokens) const override {
    if (tokens.size() < longest() || (tokens[0] != plus && tokens[0] != minus)) return std::nullopt;
    for (std::size_t i = 1; i < longest(); ++i) {
      if (tokens[i] < first_digit) return std::nullopt;
    }
    const auto exponent_digits = static_cast<std::size_t>(exponent_digits_);
    const std::int64_t exponent = read_digits(tokens.subspan(1, exponent_digits)) - bias_;
    const std::int64_t mantissa =
        read_digits(tokens.subspan(1 + exponent_digits, static_cast<std::size_t>(mantissa_digits_)));
    const double magnitude = mantissa == 0 ? 0 : value_of(mantissa, exponent);
    return DecodedNumber{tokens[0] == minus ? -magnitude : magnitude, longest()};
  }

 private:
  static constexpr Token plus = 0;
  static constexpr Token minus = 1;
  static constexpr Token first_digit = 2;
  struct Rounded {
    std::int64_t mantissa = 0;  ///< of `mantissa_digits_` digits, the first not 0; or 0
    std::int64_t exponent = 0;  ///< of the first digit
  };

  /// base^digits, which may be as large as `most`: mantissas up to 2^49 are safe from the rounding of doubles, and
  /// there are never as many exponents.
  static std::int64_t power_of_base(const Parameters& parameters, const std::string& digits, std::int64_t most) {
    std::int64_t power = 1;
    for (std::int64_t i = 0; i < parameters.integer(digits); ++i) {
      power *= parameters.integer("base");
      if (power > most) refuse_parameter(parameters, digits, fmt::format("base^{} must be at most {}", digits, most));
    }
    return power;
  }

  long double power(std::int64_t exponent) const {
    return powers_[static_cast<std::size_t>(exponent - lowest_exponent_)];
  }

  Rounded round(double magnitude) const {
    const Rounded largest{carry_ - 1, highest_exponent_};
    if (!(magnitude < limit())) return largest;  // not a number, too
    if (magnitude == 0) return {};
    // The last power that is not larger.
    const auto above = std::upper_bound(powers_.begin(), powers_.end(), static_cast<long double>(magnitude));
    // Below the lowest exponent it rounds up to the smallest number, or down to zero.
    if (above == powers_.begin()) {
      return 2 * magnitude < static_cast<double>(powers_.front()) ? Rounded{} : Rounded{smallest_, lowest_exponent_};
    }
    const std::int64_t exponent = lowest_exponent_ + (above - powers_.begin()) - 1;
    const long double digits = magnitude / power(exponent) * static_cast<long double>(smallest_);
    const auto mantissa = static_cast<std::int64_t>(std::nearbyint(digits));  // to the even one of two
    if (mantissa < carry_) return {mantissa, exponent};
    return exponent == highest_exponent_ ? largest : Rounded{smallest_, exponent + 1};
  }

  /// Of any digits, a first one of 0 and exponents without doubles among them.
  double value_of(std::int64_t mantissa, std::int64_t exponent) const {
    const long double shown = static_cast<long double>(mantissa) / static_cast<long double>(smallest_);
    const std::int64_t known = std::clamp(exponent, lowest_exponent_, highest_exponent_);
    return static_cast<double>(shown * power(known));
  }

  Token* write_digits(std::int64_t number, int count, Token* out) const {
    for (int i = count - 1; i >= 0; --i, number /= base_) out[i] = first_digit + static_cast<Token>(number % base_);
    return out + count;
  }

  std::int64_t read_digits(std::span<const Token> digits) const {
    std::int64_t number = 0;
    for (const Token digit : digits) number = number * base_ + (digit - first_digit);
    return number;
  }

  std::int64_t base_;
  int exponent_digits_;
  int mantissa_digits_;
  std::int64_t carry_ = 0;     ///< b^mantissa_digits
  std::int64_t smallest_ = 0;  ///< mantissa that is not 0
  std::int64_t bias_ = 0;
  std::int64_t lowest_exponent_ = 0;
  std::int64_t highest_exponent_ = 0;
  std::vector<long double> powers_;  ///< of b, from the lowest exponent to one above the highest
  std::vector<std::string> tokens_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Ieee, "ieee", "1.0.0", "Sign, digits of the exponent, digits of the mantissa, in one base")
