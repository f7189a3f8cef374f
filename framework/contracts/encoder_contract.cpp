#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <memory>

#include "contracts/contracts.h"
#include "contracts/trials.h"
#include "matseq/encoder.h"
#include "matseq/random_stream.h"

namespace matseq {
namespace {

constexpr std::size_t number_count = 2000;
constexpr std::size_t noise_count = 2000;
/// The default of continuations() takes up to a few milliseconds a number.
constexpr std::size_t continued_count = 100;
constexpr double largest_magnitude = 1e4;
constexpr double smallest_magnitude = 1e-3;

using Tokens = std::vector<Token>;

Tokens encode(const Encoder& encoder, std::span<const double> numbers) {
  Tokens tokens(numbers.size() * encoder.longest());
  tokens.resize(static_cast<std::size_t>(encoder.encode(numbers, tokens.data()) - tokens.data()));
  return tokens;
}

Tokens encode(const Encoder& encoder, double number) { return encode(encoder, std::span(&number, 1)); }

std::string text_of(const Encoder& encoder, const Tokens& tokens) {
  std::string text;
  for (const Token token : tokens)
    text += (text.empty() ? "'" : " ") + encoder.tokens()[static_cast<std::size_t>(token)];
  return text + "'";
}

/// Below the encoder's limit: some that are special, and of all magnitudes that matrices have.
std::vector<double> make_numbers(double limit) {
  std::vector<double> numbers = {0, 1, -1, 0.5, -0.5, 2, 7, 9.99999, -9.99999, 10, 99.5, 0.1};
  RandomStream random(random_key(1, "numbers"), 0);
  const double most = std::log10(std::min(limit, largest_magnitude));
  const double least = std::min(std::log10(smallest_magnitude), most - 1);
  while (numbers.size() < number_count) {
    const double magnitude = std::pow(10.0, random.uniform(least, most));
    numbers.push_back(random.unit() < 0.5 ? -magnitude : magnitude);
  }
  std::erase_if(numbers, [limit](double number) { return std::abs(number) >= limit; });
  return numbers;
}

class EncoderContract {
 public:
  EncoderContract(ContractList& list, const CheckedPlugin& plugin) : list_(list), plugin_(plugin) {}

  void check() {
    const bool made = list_.check("tokens, limit and lengths", [&] {
      encoder_ = make(plugin_.table);
      numbers_ = make_numbers(encoder_->limit());
      for (const double number : numbers_) tokens_.push_back(encode(*encoder_, number));
      return fmt::format("{} tokens, at most {} a number, limit {}", encoder_->tokens().size(), encoder_->longest(),
                         encoder_->limit());
    });
    if (!made) return;
    list_.check("round trip", [&] { return check_round_trip(); });
    list_.check("numbers one after the other", [&] { return check_succession(); });
    list_.check("any tokens can be read", [&] { return check_noise(); });
    list_.check("what is written can be continued to its end", [&] { return check_continuations(); });
    list_.check("its defaults written out mean the same", [&] { return check_defaults(); });
    list_.check("threads", [&] { return check_threads(); });
    list_.check("throughput", [&] {
      return throughput("numbers", static_cast<double>(numbers_.size()),
                        [&](std::size_t) { encode(*encoder_, numbers_); });
    });
  }

 private:
  std::unique_ptr<const Encoder> make(const ParameterTable& table) const {
    return plugin_.loader.make_encoder(plugin_.library.name, table);
  }

  DecodedNumber read(const Tokens& tokens, double written) const {
    const std::optional<DecodedNumber> number = encoder_->decode(tokens);
    if (!number) broken("it writes {} as {} and reads no number there", written, text_of(*encoder_, tokens));
    return *number;
  }

  std::string check_round_trip() const {
    double worst = 0;
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      const DecodedNumber number = read(tokens_[i], numbers_[i]);
      const std::string written = text_of(*encoder_, tokens_[i]);
      if (number.length != tokens_[i].size()) {
        broken("it writes {} as {} and reads {} of these {} tokens", numbers_[i], written, number.length,
               tokens_[i].size());
      }
      const Tokens again = encode(*encoder_, number.value);
      if (again != tokens_[i]) {
        broken("it writes {} as {}, reads that as {} and writes this as {}; what is read is written as it was",
               numbers_[i], written, number.value, text_of(*encoder_, again));
      }
      if (std::abs(numbers_[i]) < 1) continue;
      const double error = std::abs(number.value - numbers_[i]) / std::abs(numbers_[i]);
      worst = std::max(worst, error);
      if (!(error < 0.5)) {
        broken(
            "it writes {} as {} and reads that as {}; from limit() = {} on numbers need not be written, but this is "
            "below",
            numbers_[i], written, number.value, encoder_->limit());
      }
    }
    return fmt::format("{} numbers; those from 1 on change by at most {:.2g} of their value", numbers_.size(), worst);
  }

  std::string check_succession() const {
    Tokens all;
    for (const Tokens& tokens : tokens_) all.insert(all.end(), tokens.begin(), tokens.end());
    if (encode(*encoder_, numbers_) != all) {
      broken("{} numbers at once give other tokens than one by one; right are those of each, one after the other",
             numbers_.size());
    }
    std::span<const Token> rest = all;
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      const std::optional<DecodedNumber> number = encoder_->decode(rest);
      if (!number || number->length != tokens_[i].size()) {
        broken("before other numbers, {} is read as {} tokens; alone it has {}", text_of(*encoder_, tokens_[i]),
               number ? number->length : 0, tokens_[i].size());
      }
      rest = rest.subspan(number->length);
    }
    return fmt::format("{} numbers", numbers_.size());
  }

  /// The wrapper of every encoder looks at what is read.
  std::string check_noise() const {
    RandomStream random(random_key(1, "noise"), 0);
    const auto last = static_cast<std::int64_t>(encoder_->tokens().size()) - 1;
    std::size_t read = 0;
    for (std::size_t i = 0; i < noise_count; ++i) {
      Tokens tokens(static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(2 * encoder_->longest()))));
      for (Token& token : tokens) token = static_cast<Token>(random.integer(-1, last));
      if (encoder_->decode(tokens)) ++read;
    }
    return fmt::format("{} random sequences, {} with a number", noise_count, read);
  }

  /// Constrained decoding must be able to write what training writes, and can write nothing else.
  std::string check_continuations() const {
    std::map<Tokens, Tokens> known;
    const auto after = [&](const Tokens& begun) -> const Tokens& {
      const auto [found, missing] = known.try_emplace(begun);
      if (missing) found->second = encoder_->continuations(begun);
      return found->second;
    };
    for (std::size_t i = 0; i < std::min(continued_count, numbers_.size()); ++i) {
      Tokens begun;
      for (const Token token : tokens_[i]) {
        if (!std::ranges::binary_search(after(begun), token)) {
          broken("it writes {} as {}, but its continuations() after {} tokens of that do not have the next one",
                 numbers_[i], text_of(*encoder_, tokens_[i]), begun.size());
        }
        begun.push_back(token);
      }
      if (!after(begun).empty()) broken("{} is a number, but has continuations()", text_of(*encoder_, begun));
    }
    RandomStream random(random_key(1, "continuations"), 0);
    for (std::size_t i = 0; i < continued_count; ++i) {
      Tokens begun;
      while (!after(begun).empty() && begun.size() < encoder_->longest()) {
        const Tokens& next = after(begun);
        begun.push_back(next[static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(next.size()) - 1))]);
      }
      const std::optional<DecodedNumber> number = encoder_->decode(begun);
      if (number && number->length == begun.size()) continue;
      broken("its continuations() lead to {}, which it does not read as a number", text_of(*encoder_, begun));
    }
    return fmt::format("{} numbers, and as many made of continuations", continued_count);
  }

  std::string check_defaults() const {
    const std::unique_ptr<const Encoder> other = make(plugin_.complete_table());
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      if (encode(*other, numbers_[i]) == tokens_[i] && other->tokens() == encoder_->tokens()) continue;
      broken("with every default given, {} has other tokens", numbers_[i]);
    }
    return "as a run's config.toml has them";
  }

  std::string check_threads() const {
    try_threads([&](std::size_t thread) {
      for (std::size_t i = 0; i < numbers_.size(); ++i) {
        const std::size_t place = (i + thread * numbers_.size() / 4) % numbers_.size();
        const Tokens found = encode(*encoder_, numbers_[place]);
        if (found == tokens_[place]) continue;
        broken("{} has the tokens {}, and while other threads wrote, too, {}; an encoder shares no state that changes",
               numbers_[place], text_of(*encoder_, tokens_[place]), text_of(*encoder_, found));
      }
    });
    return "four threads wrote the same";
  }

  ContractList& list_;
  const CheckedPlugin& plugin_;
  std::unique_ptr<const Encoder> encoder_;
  std::vector<double> numbers_;
  std::vector<Tokens> tokens_;  ///< of each number
};

}  // namespace

void check_encoder_contract(ContractList& list, const CheckedPlugin& plugin) { EncoderContract(list, plugin).check(); }

}  // namespace matseq
