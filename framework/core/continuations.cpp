// How the default of Encoder::continuations finds out what an encoder writes.
#include <algorithm>
#include <array>
#include <set>

#include "matseq/encoder.h"

namespace matseq {
namespace {

/// Numbers whose tokens end in about every way that those of an encoder do.
constexpr std::array<double, 12> samples = {0,        1,         -1,    0.5,       -0.25,  7,
                                            -123.456, 0.0098765, 42.42, -987654.3, 5.5555, 3.2e-7};

using Tokens = std::vector<Token>;

Tokens written(const Encoder& encoder, double number) {
  Tokens tokens(encoder.longest());
  tokens.resize(static_cast<std::size_t>(encoder.encode({&number, 1}, tokens.data()) - tokens.data()));
  return tokens;
}

/// Whether a number is written so.
bool is_written(const Encoder& encoder, const Tokens& tokens) {
  const std::optional<DecodedNumber> number = encoder.decode(tokens);
  return number && number->length == tokens.size() && written(encoder, number->value) == tokens;
}

/// What may stand behind the next token, short ones first; nothing is among them.
std::vector<Tokens> endings(const Encoder& encoder) {
  std::set<Tokens> all = {{}};
  for (const double sample : samples) {
    const Tokens tokens = written(encoder, sample);
    for (auto begin = tokens.begin() + 1; begin < tokens.end(); ++begin) all.emplace(begin, tokens.end());
  }
  std::vector<Tokens> sorted(all.begin(), all.end());
  std::ranges::stable_sort(sorted, {}, &Tokens::size);
  return sorted;
}

}  // namespace

std::vector<Token> Encoder::continuations(std::span<const Token> begun) const {
  Tokens number(begun.begin(), begun.end());
  if (!begun.empty() && is_written(*this, number)) return {};
  const std::vector<Tokens> all_endings = endings(*this);
  const std::size_t room = longest();
  std::vector<Token> allowed;
  for (Token token = 0; token < static_cast<Token>(tokens().size()); ++token) {
    const bool possible = std::ranges::any_of(all_endings, [&](const Tokens& ending) {
      if (begun.size() + 1 + ending.size() > room) return false;
      number.assign(begun.begin(), begun.end());
      number.push_back(token);
      number.insert(number.end(), ending.begin(), ending.end());
      return is_written(*this, number);
    });
    if (possible) allowed.push_back(token);
  }
  return allowed;
}

}  // namespace matseq
