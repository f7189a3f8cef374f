// An encoder that breaks its contract in the way that its parameter names. Else it writes "a b" for any number.
#include <cmath>
#include <stdexcept>
#include <string>

#include "matseq/encoder.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class WrongEncoder : public Encoder {
 public:
  static ParameterSchema schema() { return {Parameter::text("fault", "", "what it does wrong")}; }

  explicit WrongEncoder(const Parameters& parameters) : fault_(parameters.text("fault")) {
    if (fault_ == "no_tokens") tokens_ = {};
    if (fault_ == "empty_token") tokens_ = {"a", "b", ""};
    if (fault_ == "token_with_blank") tokens_ = {"a", "b", "c d"};
    if (fault_ == "token_twice") tokens_ = {"a", "b", "a"};
    if (fault_ == "boundary_token") tokens_ = {"a", "b", "<s>"};
  }

  const std::vector<std::string>& tokens() const override {
    if (fault_ == "tokens_throw") throw std::runtime_error("no fuel");
    return tokens_;
  }

  double limit() const override {
    if (fault_ == "limit_not_a_number") return std::nan("");
    return fault_ == "negative_limit" ? -1 : 100;
  }

  std::size_t longest() const override {
    if (fault_ == "longest_0") return 0;
    if (fault_ == "longest_absurd") return std::size_t{1} << 40U;
    return fault_ == "longest_too_small" ? 1 : 2;
  }

  Token* encode(std::span<const double> values, Token* out) const override {
    if (fault_ == "encode_throws") throw std::runtime_error("no fuel");
    if (fault_ == "returns_nothing") return nullptr;
    if (fault_ == "returns_beginning") return out;
    for (const double value : values) {
      *out++ = 0;
      *out++ = fault_ == "token_77" ? 77 : fault_ == "token_-1" ? -1 : 1;
      // What it does seldom is not found before there are examples.
      if (value != 0.5) continue;
      if (fault_ == "seldom_token_77") out[-1] = 77;
      if (fault_ == "seldom_throws") throw 42;
      if (fault_ == "seldom_too_long") out = write_more(out, 100);
    }
    if (fault_ == "writes_behind") *out = 1;
    if (fault_ == "thousands_too_many") out = write_more(out, 4000);
    return out;
  }

  std::optional<DecodedNumber> decode(std::span<const Token> tokens) const override {
    if (fault_ == "decode_throws") throw 42;
    if (fault_ == "reads_nothing") return DecodedNumber{1, 0};
    if (fault_ == "reads_too_much") return DecodedNumber{1, tokens.size() + 1};
    if (tokens.size() < 2) return std::nullopt;
    return DecodedNumber{1, 2};
  }

 private:
  static Token* write_more(Token* out, int count) {
    for (int i = 0; i < count; ++i) *out++ = 1;
    return out;
  }

  std::string fault_;
  std::vector<std::string> tokens_ = {"a", "b", "c"};
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::WrongEncoder, "wrong", "1.2.3", "An encoder for tests")
