/// \file
/// One token a number, mantissa and exponent together (spec section 2, floating point; LAWT's FP15).
#include <cmath>
#include <cstdint>

#include "matseq/encoder.h"
#include "matseq/numbered_token.h"
#include "matseq/powers_of_ten.h"
#include "matseq/refuse_parameter.h"
#include "matseq/register.h"

namespace matseq {
namespace {

constexpr std::int64_t most_tokens = 4'000'000;

class FloatingPoint : public Encoder {
 public:
  static ParameterSchema schema() {
    return {Parameter::integer("precision", 2, "significant digits after the first; p of the reference's FP15,p,q")
                .at_least(0)
                .at_most(5),
            Parameter::integer("exponents", 16,
                               "number of powers of ten; q of FP15,p,q; precision + exponents must be even")
                .at_least(1)
                .at_most(100)};
  }

  explicit FloatingPoint(const Parameters& parameters)
      : precision_(static_cast<int>(parameters.integer("precision"))),
        exponents_(static_cast<int>(parameters.integer("exponents"))) {
    check(parameters);
    first_mantissa_ = static_cast<Token>(powers_(precision_));
    limit_ = powers_((precision_ + exponents_) / 2);
    scale_ = powers_((exponents_ - precision_) / 2);
    name_tokens();
  }

  const std::vector<std::string>& tokens() const override { return tokens_; }
  double limit() const override { return limit_; }
  std::size_t longest() const override { return 1; }

  Token* encode(std::span<const double> values, Token* out) const override {
    for (const double value : values) *out++ = token(value);
    return out;
  }

  std::optional<DecodedNumber> decode(std::span<const Token> tokens) const override {
    if (tokens.empty() || tokens[0] < 0 || tokens[0] >= static_cast<Token>(tokens_.size())) return std::nullopt;
    return DecodedNumber{value(tokens[0]), 1};
  }

 private:
  // The tokens in this order: NaN, -NaN; then exponent 0 with the mantissas below 10^p in size, ascending; then for
  // each exponent the negative mantissas -10^p, -10^p - 1, ... and the positive 10^p, 10^p + 1, ...
  static constexpr Token overflow = 0;
  static constexpr Token negative_overflow = 1;
  static constexpr Token first_small = 2;

  void check(const Parameters& parameters) const {
    if ((precision_ + exponents_) % 2 != 0) {
      refuse_parameter(parameters, "exponents",
                       std::to_string(exponents_) + " and the precision, " + std::to_string(precision_) +
                           ", add up to an odd number, but the limit 10^((precision + exponents) / 2) needs an even "
                           "one; change either by 1");
    }
    const auto mantissas = static_cast<std::int64_t>(powers_(precision_));
    const std::int64_t size = 2 + (2 * mantissas - 1) + 18 * mantissas * exponents_;
    if (size > most_tokens) {
      refuse_parameter(parameters, "exponents",
                       std::to_string(exponents_) + " with a precision of " + std::to_string(precision_) + " makes " +
                           std::to_string(size) + " tokens, more than the " + std::to_string(most_tokens) +
                           " accepted; lower either");
    }
  }

  void name_tokens() {
    tokens_ = {"NaN", "-NaN"};
    for (Token mantissa = 1 - first_mantissa_; mantissa < first_mantissa_; ++mantissa) {
      tokens_.push_back(numbered_token('N', mantissa) + "e0");
    }
    first_large_ = static_cast<Token>(tokens_.size());
    for (int exponent = 0; exponent < exponents_; ++exponent) {
      for (const Token sign : {-1, 1}) {
        for (Token mantissa = first_mantissa_; mantissa < 10 * first_mantissa_; ++mantissa) {
          tokens_.push_back(numbered_token('N', std::int64_t{sign} * mantissa) + numbered_token('e', exponent));
        }
      }
    }
  }

  /// The order of the operations decides rounding ties: it is the reference's.
  Token token(double number) const {
    const bool negative = std::signbit(number);
    const double magnitude = std::fabs(number);
    if (!(magnitude <= limit_)) return negative ? negative_overflow : overflow;  // NaN too
    const double scaled = magnitude * scale_;
    int exponent = exponent_of(scaled);
    // NOLINTNEXTLINE(bugprone-incorrect-roundings): ties and all, as the reference rounds
    auto mantissa = static_cast<Token>(scaled * powers_(precision_ - exponent) + 0.5);
    if (mantissa < first_mantissa_) return first_small + first_mantissa_ - 1 + (negative ? -mantissa : mantissa);
    if (mantissa == 10 * first_mantissa_) {
      mantissa = first_mantissa_;
      ++exponent;
    }
    if (exponent >= exponents_) return negative ? negative_overflow : overflow;
    return first_large_ + (2 * exponent + static_cast<Token>(!negative)) * 9 * first_mantissa_ +
           (mantissa - first_mantissa_);
  }

  /// max(0, trunc(log10(scaled))). The logarithm rounds, so near a power of ten only it can tell; elsewhere a
  /// comparison gives the same.
  int exponent_of(double scaled) const {
    constexpr double doubt = 1e-12;  // ten times wider than the logarithm's error at the largest exponents
    if (scaled < 9) return 0;
    const int exponent = powers_.exponent(scaled);
    if (scaled > powers_(exponent) * (1 + doubt) && scaled < powers_(exponent + 1) * (1 - doubt)) [[likely]] {
      return exponent;
    }
    return static_cast<int>(std::log10(scaled));
  }

  double value(Token token) const {
    if (token == overflow) return limit_;
    if (token == negative_overflow) return -limit_;
    if (token < first_large_) return (token - first_small - (first_mantissa_ - 1)) / limit_;
    const Token index = token - first_large_;
    const Token block = index / (9 * first_mantissa_);
    const Token mantissa = first_mantissa_ + index % (9 * first_mantissa_);
    return (block % 2 == 0 ? -mantissa : mantissa) * powers_(block / 2) / limit_;
  }

  PowersOfTen powers_;
  int precision_;
  int exponents_;
  Token first_mantissa_ = 0;  ///< 10^precision
  Token first_large_ = 0;     ///< the first token with a mantissa of full length
  double limit_ = 0;
  double scale_ = 0;  ///< 10^((exponents - precision) / 2)
  std::vector<std::string> tokens_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::FloatingPoint, "floating_point", "1.0.0", "Mantissa and exponent together in one token: FP15")
