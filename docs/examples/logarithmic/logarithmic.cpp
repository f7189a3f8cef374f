// An encoding of one's own: a number is one token, which says its sign and the logarithm of its size, rounded.
#include <matseq/encoder.h>
#include <matseq/register.h>

#include <cmath>
#include <string>

class Logarithmic : public matseq::Encoder {
 public:
  // What { plugin = "logarithmic", ... } in the [encoding] table of the TOML file may hold.
  static matseq::ParameterSchema schema() {
    return {matseq::Parameter::integer("steps", 100, "tokens for each factor of ten").at_least(10).at_most(10000),
            matseq::Parameter::integer("decades", 3, "powers of ten on each side of 1").at_least(1).at_most(10)};
  }

  explicit Logarithmic(const matseq::Parameters& parameters)
      : steps_(static_cast<double>(parameters.integer("steps"))),
        largest_(static_cast<matseq::Token>(parameters.integer("steps") * parameters.integer("decades"))) {
    tokens_.push_back("zero");
    for (const char* sign : {"p", "n"}) {
      for (matseq::Token power = -largest_; power <= largest_; ++power) tokens_.push_back(sign + std::to_string(power));
    }
  }

  const std::vector<std::string>& tokens() const override { return tokens_; }
  double limit() const override { return value_of(largest_); }
  std::size_t longest() const override { return 1; }

  matseq::Token* encode(std::span<const double> values, matseq::Token* out) const override {
    for (const double value : values) *out++ = token_of(value);
    return out;
  }

  std::optional<matseq::DecodedNumber> decode(std::span<const matseq::Token> tokens) const override {
    if (tokens.empty() || tokens[0] < 0) return std::nullopt;
    if (tokens[0] == zero) return matseq::DecodedNumber{0, 1};
    const bool negative = tokens[0] > count();
    const double magnitude = value_of((tokens[0] - 1) % count() - largest_);
    return matseq::DecodedNumber{negative ? -magnitude : magnitude, 1};
  }

 private:
  static constexpr matseq::Token zero = 0;

  matseq::Token count() const { return 2 * largest_ + 1; }  // of each sign
  double value_of(matseq::Token power) const { return std::pow(10.0, power / steps_); }

  // Any double has a token: what is too large, infinite or not a number has the largest, what is too small is zero.
  matseq::Token token_of(double value) const {
    const double power = std::round(std::log10(std::abs(value)) * steps_);
    if (power < -largest_) return zero;
    const matseq::Token place = largest_ + (power < largest_ ? static_cast<matseq::Token>(power) : largest_);
    return 1 + place + (std::signbit(value) ? count() : 0);
  }

  double steps_;
  matseq::Token largest_;
  std::vector<std::string> tokens_;
};

MATSEQ_REGISTER(Logarithmic, "logarithmic", "1.0.0", "One token a number: its sign and its rounded logarithm")
