/// \file
/// A number as a share of a range that is known beforehand: digits only.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "matseq/encoder.h"
#include "matseq/refuse_parameter.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class Normalized : public Encoder {
 public:
  static ParameterSchema schema() {
    return {
        Parameter::real("range", 10, "numbers lie in [-range, range)").at_least(1e-100).at_most(1e100),
        Parameter::integer("base", 10, "base of the digits").at_least(2).at_most(1'000'000),
        Parameter::integer("digits", 3, "digits of a number").at_least(1).at_most(49),
    };
  }

  explicit Normalized(const Parameters& parameters)
      : range_(parameters.real("range")), base_(parameters.integer("base")), digits_(parameters.integer("digits")) {
    constexpr std::int64_t most_steps = std::int64_t{1} << 49;  // doubles tell steps apart that are as small
    steps_ = 1;
    for (std::int64_t i = 0; i < digits_; ++i) {
      steps_ *= base_;
      if (steps_ > most_steps) refuse_parameter(parameters, "digits", "base^digits must be at most 2^49");
    }
    for (std::int64_t digit = 0; digit < base_; ++digit) tokens_.push_back(std::to_string(digit));
  }

  const std::vector<std::string>& tokens() const override { return tokens_; }
  double limit() const override { return range_; }
  std::size_t longest() const override { return static_cast<std::size_t>(digits_); }

  Token* encode(std::span<const double> values, Token* out) const override {
    for (const double value : values) {
      std::int64_t step = step_of(value);
      for (std::int64_t i = digits_ - 1; i >= 0; --i, step /= base_) out[i] = static_cast<Token>(step % base_);
      out += digits_;
    }
    return out;
  }

  std::optional<DecodedNumber> decode(std::span<const Token> tokens) const override {
    if (tokens.size() < longest()) return std::nullopt;
    std::int64_t step = 0;
    for (const Token token : tokens.first(longest())) {
      if (token < 0) return std::nullopt;
      step = step * base_ + token;
    }
    // From the middle, where zero is; of an odd number of steps it lies between two.
    const double from_middle = static_cast<double>(2 * step - steps_) / static_cast<double>(steps_);
    return DecodedNumber{range_ * from_middle, longest()};
  }

 private:
  /// The nearest of `steps_` steps from -range up; the lowest or highest for what lies beyond, the highest for NaN.
  std::int64_t step_of(double value) const {
    const auto steps = static_cast<double>(steps_);
    const double step = std::nearbyint((value / range_ + 1) / 2 * steps);
    if (!(step < steps)) return steps_ - 1;
    return static_cast<std::int64_t>(std::max(step, 0.0));
  }

  double range_;
  std::int64_t base_;
  std::int64_t digits_;
  std::int64_t steps_ = 0;  ///< base^digits
  std::vector<std::string> tokens_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Normalized, "normalized", "1.0.0", "A share of a fixed range, in digits: no sign, no exponent")
