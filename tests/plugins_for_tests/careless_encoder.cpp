// A right encoder of integers from -9 to 9, "+ 7", unless its parameter names something that only comparing calls with
// each other shows.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>
#include <thread>

#include "matseq/encoder.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class CarelessEncoder : public Encoder {
 public:
  static ParameterSchema schema() { return {Parameter::text("fault", "", "what it does wrong")}; }

  explicit CarelessEncoder(const Parameters& parameters) : fault_(parameters.text("fault")) {
    tokens_ = {"+", "-"};
    for (int digit = 0; digit < 10; ++digit) tokens_.push_back(std::to_string(digit));
  }

  const std::vector<std::string>& tokens() const override { return tokens_; }
  double limit() const override { return fault_ == "limit_too_large" ? 100 : 9.5; }
  std::size_t longest() const override { return 2; }

  Token* encode(std::span<const double> values, Token* out) const override {
    for (const double& value : values) {
      Token digit = static_cast<Token>(std::fabs(value) < 9 ? std::round(std::fabs(value)) : 9);
      if (fault_ == "shared_scratch") {
        scratch_ = digit;
        std::this_thread::yield();
        digit = scratch_;
      }
      if (fault_ == "context" && &value != values.data()) digit = std::min(digit + 1, 9);
      *out++ = value < 0 && digit != 0 ? 1 : 0;
      *out++ = 2 + digit;
    }
    return out;
  }

  std::optional<DecodedNumber> decode(std::span<const Token> tokens) const override {
    if (tokens.size() < 2 || tokens[0] < 0 || tokens[0] > 1 || tokens[1] < 2) return std::nullopt;
    if (fault_ == "reads_none_of_7" && tokens[1] == 9) return std::nullopt;
    double value = tokens[1] - 2;
    if (fault_ == "lossy") value = std::max(0.0, value - 0.6);
    if (fault_ == "leaves_tokens") return DecodedNumber{value, 1};
    if (fault_ == "takes_all") return DecodedNumber{tokens[0] == 1 ? -value : value, tokens.size()};
    return DecodedNumber{tokens[0] == 1 ? -value : value, 2};
  }

  std::vector<Token> continuations(std::span<const Token> begun) const override {
    if (fault_ == "no_continuation" && begun.size() == 1) return {};
    if (fault_ == "continues_with_signs" && begun.size() == 1) return {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    return Encoder::continuations(begun);
  }

 private:
  std::string fault_;
  std::vector<std::string> tokens_;
  mutable std::atomic<Token> scratch_ = 0;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::CarelessEncoder, "careless", "1.2.3", "An encoder for tests")
