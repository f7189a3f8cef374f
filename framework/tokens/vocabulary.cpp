#include "tokens/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "matseq/error.h"
#include "matseq/printable.h"

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

/// The fixed tokens that are codes of tasks.
constexpr std::string_view code_letters = "TADMEFI";

constexpr std::size_t longest_token = 100;

void check_token(const std::string& token, const char* owner) {
  const std::string complaint = token_complaint(token);
  if (!complaint.empty()) throw Error(fmt::format("{} has a token that cannot be one: {}", owner, complaint));
}

bool is_dimension_token(std::string_view token) {
  const auto is_digit = [](char letter) { return letter >= '0' && letter <= '9'; };
  return token.size() > 1 && token.front() == 'V' && std::ranges::all_of(token.substr(1), is_digit);
}

bool contains(const std::vector<std::string>& tokens, std::string_view token) {
  return std::ranges::find(tokens, token) != tokens.end();
}

/// What a token means already, so that no task's code can be it; empty if nothing.
std::string meaning(const std::string& token, const Encoder& input, const Encoder& output) {
  if (contains(input.tokens(), token)) return "of numbers in the input encoding";
  if (contains(output.tokens(), token)) return "of numbers in the output encoding";
  if (is_dimension_token(token)) return "of a dimension";
  const bool is_letter = token.size() == 1 && code_letters.find(token) != std::string_view::npos;
  return contains(fixed_tokens, token) && !is_letter ? "of every vocabulary" : "";
}

void check_code(const std::string& code, const Encoder& input, const Encoder& output) {
  check_token(code, "a task");
  if (const std::string other = meaning(code, input, output); !other.empty()) {
    throw Error(fmt::format(
        "the task has the code '{}', which is a token {}; where the code begins a sequence they could not be told "
        "apart. Give it another code (cotraining: a component's 'code')",
        code, other));
  }
}

}  // namespace

std::string token_complaint(std::string_view token) {
  const auto blank = [](char letter) { return static_cast<unsigned char>(letter) <= ' ' || letter == 0x7f; };
  const std::string shown = printable(std::string(token));
  if (token.empty() || std::ranges::any_of(token, blank)) {
    return fmt::format("'{}'; tokens must have letters and no white space or control characters", shown);
  }
  if (token.size() > longest_token) return fmt::format("'{}' is longer than {} bytes", shown, longest_token);
  if (token == fixed_tokens[Vocabulary::boundary] || token == fixed_tokens[Vocabulary::padding]) {
    return fmt::format("'{}', which begins, ends or fills sequences", shown);
  }
  return "";
}

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
    check_code(code, input, output);
    if (std::find(tokens_.begin(), tokens_.end(), code) == tokens_.end()) tokens_.push_back(code);
  }
  if (tokens_.size() > static_cast<std::size_t>(std::numeric_limits<TokenId>::max())) {
    throw Error(fmt::format("the vocabulary has {} tokens, too many", tokens_.size()));
  }
  for (const std::string& token : tokens_) {
    Spelling& spelling = spellings_.emplace_back();
    spelling.size = static_cast<std::uint32_t>(token.size());
    token.copy(spelling.begin.data(), Spelling::room);
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

void Vocabulary::append(std::span<const TokenId> ids, std::string& text) const {
  if (ids.empty()) return;
  const std::size_t begin = text.size();
  std::size_t size = ids.size() - 1;
  for (const TokenId id : ids) {
    if (static_cast<std::size_t>(id) >= spellings_.size()) static_cast<void>(token(id));  // which says what is wrong
    size += spellings_[static_cast<std::size_t>(id)].size;
  }
  text.resize(begin + size + 1 + Spelling::room);
  char* to = text.data() + begin;
  for (const TokenId id : ids) {
    const Spelling& spelling = spellings_[static_cast<std::size_t>(id)];
    std::memcpy(to, spelling.begin.data(), Spelling::room);  // the next token covers what is too much
    if (spelling.size > Spelling::room) std::memcpy(to, tokens_[static_cast<std::size_t>(id)].data(), spelling.size);
    to += spelling.size;
    *to++ = ' ';
  }
  text.resize(begin + size);
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
