/// \file
/// A signed mantissa and a power of ten, one token each (spec section 2, float symbol; LAWT's B1999).
#include <cmath>
#include <cstdint>

#include "matseq/decimal_rounding.h"
#include "matseq/decimal_value.h"
#include "matseq/encoder.h"
#include "matseq/numbered_token.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class FloatToken : public Encoder {
 public:
  static ParameterSchema schema() {
    // The vocabulary has 2 * 10^(precision + 1) mantissas.
    return {Parameter::integer("precision", 2, "significant digits after the first").at_least(0).at_most(5)};
  }

  explicit FloatToken(const Parameters& parameters) : rounding_(static_cast<int>(parameters.integer("precision"))) {
    const std::int64_t largest = rounding_.largest().mantissa + 1;
    for (std::int64_t mantissa = -largest; mantissa <= largest; ++mantissa) {
      tokens_.push_back(numbered_token('N', mantissa));
    }
    zero_mantissa_ = static_cast<Token>(largest);
    first_exponent_ = 2 * zero_mantissa_ + 1;
    for (int k = DecimalRounding::lowest_exponent; k <= DecimalRounding::highest_exponent; ++k) {
      tokens_.push_back(numbered_token('E', k));
    }
    zero_exponent_ = first_exponent_ - DecimalRounding::lowest_exponent;
  }

  const std::vector<std::string>& tokens() const override { return tokens_; }
  double limit() const override { return 1e101; }
  std::size_t longest() const override { return 2; }

  Token* encode(std::span<const double> values, Token* out) const override {
    for (const double value : values) {
      const Decimal decimal = rounding_.round(std::fabs(value));
      const auto mantissa = static_cast<Token>(decimal.mantissa);
      *out++ = zero_mantissa_ + (std::signbit(value) ? -mantissa : mantissa);
      *out++ = zero_exponent_ + decimal.exponent;
    }
    return out;
  }

  std::optional<DecodedNumber> decode(std::span<const Token> tokens) const override {
    if (tokens.size() < 2) return std::nullopt;
    if (tokens[0] < 0 || tokens[0] >= first_exponent_) return std::nullopt;
    if (tokens[1] < first_exponent_ || tokens[1] >= static_cast<Token>(tokens_.size())) return std::nullopt;
    const Token mantissa = tokens[0] - zero_mantissa_;
    const int exponent = tokens[1] - zero_exponent_;
    if (exponent < 0) return DecodedNumber{mantissa * rounding_.powers()(exponent), 2};
    const std::optional<double> value =
        integer_value(mantissa < 0, static_cast<std::uint64_t>(mantissa < 0 ? -mantissa : mantissa), exponent);
    if (!value) return std::nullopt;
    return DecodedNumber{*value, 2};
  }

 private:
  DecimalRounding rounding_;
  std::vector<std::string> tokens_;
  Token zero_mantissa_ = 0;   ///< the token N0
  Token first_exponent_ = 0;  ///< the token E-100
  Token zero_exponent_ = 0;   ///< the token E0
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::FloatToken, "float_symbol", "1.0.0", "A signed mantissa and an exponent, one token each: B1999")
