#include "tokens/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "matseq/error.h"

namespace matseq {
namespace {

/// Boundary, padding and unused tokens of the reference; code letters of its cotraining; signs that encoders share.
const std::vector<std::string> fixed_tokens{"<s>",         "</s>",        "<pad>",
                                            "(",           ")",           "<SPECIAL_0>",
                                            "<SPECIAL_1>", "<SPECIAL_2>", "<SPECIAL_3>",
                                            "<SPECIAL_4>", "<SPECIAL_5>", "<SPECIAL_6>",
                                            "<SPECIAL_7>", "<SPECIAL_8>", "<SPECIAL_9>",
                                            "T",           "A",           "D",
                                            "M",           "E",           "F",
                                            "I",           "+",           "-",
                                            "10^",         ".",           "|"};

void check_token(const std::string& token, const char* owner) {
  const auto blank = [](char letter) { return static_cast<unsigned char>(letter) <= ' '; };
  if (token.empty() || std::any_of(token.begin(), token.end(), blank)) {
    throw Error(fmt::format("{} has the token '{}'; tokens must have letters and no white space", owner, token));
  }
  if (token == fixed_tokens[Vocabulary::boundary] || token == fixed_tokens[Vocabulary::padding]) {
    throw Error(fmt::format("{} has the token '{}', which begins, ends or fills sequences", owner, token));
  }
}

}  // namespace

std::string dimension_token(std::size_t dimension) { return fmt::format("V{}", dimension); }

Vocabulary::Vocabulary(const Encoder& input, const Encoder& output, std::size_t max_dimension,
                       std::span<const std::string> codes)
    : max_dimension_(max_dimension) {
  if (max_dimension < 1 || max_dimension > largest_max_dimension) {
    throw Error(fmt::format("the largest dimension that has a token is {}; accepted: 1 to {}", max_dimension,
                            largest_max_dimension));
  }
  tokens_ = fixed_tokens;

  std::vector<std::string> united;
  for (const Encoder* encoder : {&input, &output}) {
    for (const std::string& own_token : encoder->tokens()) {
      check_token(own_token, "an encoder");
      united.push_back(own_token);
    }
  }
  for (std::size_t dimension = 1; dimension <= max_dimension; ++dimension) united.push_back(dimension_token(dimension));
  std::sort(united.begin(), united.end());
  united.erase(std::unique(united.begin(), united.end()), united.end());
  std::erase_if(united, [](const std::string& token) {
    return std::find(fixed_tokens.begin(), fixed_tokens.end(), token) != fixed_tokens.end();
  });
  tokens_.insert(tokens_.end(), united.begin(), united.end());

  for (const std::string& code : codes) {
    check_token(code, "a task");
    if (std::find(tokens_.begin(), tokens_.end(), code) == tokens_.end()) tokens_.push_back(code);
  }
  if (tokens_.size() > static_cast<std::size_t>(std::numeric_limits<TokenId>::max())) {
    throw Error(fmt::format("the vocabulary has {} tokens, too many", tokens_.size()));
  }
  ids_.reserve(tokens_.size());
  for (std::size_t id = 0; id < tokens_.size(); ++id) ids_.emplace(tokens_[id], static_cast<TokenId>(id));
}

const std::string& Vocabulary::token(TokenId id) const {
  if (id < 0 || static_cast<std::size_t>(id) >= tokens_.size()) {
    throw Error(fmt::format("there is no token {}; the vocabulary has the tokens 0 to {}", id, tokens_.size() - 1));
  }
  return tokens_[static_cast<std::size_t>(id)];
}

std::optional<TokenId> Vocabulary::id(std::string_view token) const {
  const auto found = ids_.find(token);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

TokenId Vocabulary::require(std::string_view token) const {
  const std::optional<TokenId> found = id(token);
  if (!found) throw Error(fmt::format("the token '{}' is not in the vocabulary", token));
  return *found;
}

}  // namespace matseq
