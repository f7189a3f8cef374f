#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <utility>

#include "plugins/checked_plugins.h"
#include "tokens/vocabulary.h"

namespace matseq {
namespace {

constexpr std::size_t most_tokens = 10'000'000;
constexpr std::size_t most_tokens_of_a_number = 10'000;

/// How many tokens of one number are looked for at most when an encoder is tried.
constexpr std::size_t trial_room = 4096;

class CheckedEncoder : public Encoder {
 public:
  CheckedEncoder(std::unique_ptr<Encoder> encoder, PluginOrigin origin)
      : encoder_(std::move(encoder)), origin_(std::move(origin)) {
    tokens_ = origin_.call("tokens()", [&] { return encoder_->tokens(); });
    limit_ = origin_.call("limit()", [&] { return encoder_->limit(); });
    longest_ = origin_.call("longest()", [&] { return encoder_->longest(); });
    check_tokens();
    if (!(limit_ > 0)) {
      origin_.refuse(
          fmt::format("has a limit() of {}; it is the absolute value, above 0 and perhaps infinite, from "
                      "which on numbers cannot be written",
                      limit_));
    }
    if (longest_ < 1 || longest_ > most_tokens_of_a_number) {
      origin_.refuse(
          fmt::format("has a longest() of {}; a number takes 1 to {} tokens", longest_, most_tokens_of_a_number));
    }
    try_numbers();
  }

  const std::vector<std::string>& tokens() const override { return tokens_; }
  double limit() const override { return limit_; }
  std::size_t longest() const override { return longest_; }

  Token* encode(std::span<const double> values, Token* out) const override {
    Token* const end = origin_.call("encode()", [&] { return encoder_->encode(values, out); });
    check_length(values.size(), end - out);
    std::uint32_t largest = 0;
    for (const Token* at = out; at != end; ++at) {
      largest = std::max(largest, static_cast<std::uint32_t>(*at));  // negative ones are the largest
    }
    if (largest >= tokens_.size()) {
      origin_.refuse(fmt::format("writes the token {}; its tokens() are 0 to {}", static_cast<Token>(largest),
                                 tokens_.size() - 1));
    }
    return end;
  }

  std::optional<DecodedNumber> decode(std::span<const Token> tokens) const override {
    const std::optional<DecodedNumber> number = origin_.call("decode()", [&] { return encoder_->decode(tokens); });
    if (number && (number->length < 1 || number->length > tokens.size())) {
      origin_.refuse(
          fmt::format("reads a number of {} tokens out of {}; a number takes at least one, and no more than "
                      "there are",
                      number->length, tokens.size()));
    }
    return number;
  }

  std::vector<Token> continuations(std::span<const Token> begun) const override {
    std::vector<Token> tokens = origin_.call("continuations()", [&] { return encoder_->continuations(begun); });
    const auto is_own = [this](Token token) { return token >= 0 && static_cast<std::size_t>(token) < tokens_.size(); };
    if (!std::ranges::all_of(tokens, is_own) || !std::ranges::is_sorted(tokens, std::ranges::less_equal{})) {
      origin_.refuse(
          fmt::format("has continuations() that are not some of its tokens() 0 to {}, ascending", tokens_.size() - 1));
    }
    return tokens;
  }

 private:
  void check_tokens() const {
    if (tokens_.empty() || tokens_.size() > most_tokens) {
      origin_.refuse(fmt::format("has {} tokens(); an encoder has 1 to {}", tokens_.size(), most_tokens));
    }
    std::set<std::string_view> known;
    for (const std::string& token : tokens_) {
      if (const std::string complaint = token_complaint(token); !complaint.empty()) {
        origin_.refuse(fmt::format("has a token that cannot be one: {}", complaint));
      }
      if (!known.insert(token).second) origin_.refuse(fmt::format("has the token '{}' twice", token));
    }
  }

  /// Has some numbers written and read, one by one: an encoder that breaks its word does so here already, most often.
  /// Later ones are written where SequenceCodec leaves some room behind.
  void try_numbers() const {
    using Limits = std::numeric_limits<double>;
    constexpr std::array<double, 14> numbers = {0.0,
                                                -0.0,
                                                1.0,
                                                -1.0,
                                                0.1,
                                                -0.333333333333,
                                                9.9999999,
                                                -123456.789,
                                                1e17,
                                                -Limits::max(),
                                                Limits::min(),
                                                Limits::denorm_min(),
                                                -Limits::infinity(),
                                                Limits::quiet_NaN()};
    // More room than it may need: what must not be written hits no other memory.
    constexpr Token untouched = std::numeric_limits<Token>::min();
    std::vector<Token> room(longest_ + trial_room);
    for (const double number : numbers) {
      room[longest_] = untouched;
      const Token* const end = encode({&number, 1}, room.data());
      if (room[longest_] != untouched) {
        origin_.refuse(fmt::format("writes further than the {} tokens of longest()", longest_));
      }
      decode(std::span<const Token>(room.data(), end));
    }
  }

  void check_length(std::size_t numbers, std::ptrdiff_t length) const {
    const auto least = static_cast<std::ptrdiff_t>(numbers);
    const auto most = static_cast<std::ptrdiff_t>(numbers * longest_);
    if (length >= least && length <= most) return;
    origin_.refuse(
        fmt::format("writes {} tokens for {} numbers; a number takes 1 to longest() = {}", length, numbers, longest_));
  }

  std::unique_ptr<Encoder> encoder_;
  PluginOrigin origin_;
  std::vector<std::string> tokens_;
  double limit_ = 0;
  std::size_t longest_ = 0;
};

}  // namespace

std::unique_ptr<Encoder> checked(std::unique_ptr<Encoder> encoder, const PluginOrigin& origin) {
  return std::make_unique<CheckedEncoder>(std::move(encoder), origin);
}

}  // namespace matseq
