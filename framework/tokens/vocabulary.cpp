#include "tokens/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "matseq/error.h"

namespace matseq {
namespace {

/// Boundary, padding and unused words of the reference; code letters of its cotraining; signs that encoders share.
const std::vector<std::string> fixed_words{"<s>",         "</s>",        "<pad>",
                                           "(",           ")",           "<SPECIAL_0>",
                                           "<SPECIAL_1>", "<SPECIAL_2>", "<SPECIAL_3>",
                                           "<SPECIAL_4>", "<SPECIAL_5>", "<SPECIAL_6>",
                                           "<SPECIAL_7>", "<SPECIAL_8>", "<SPECIAL_9>",
                                           "T",           "A",           "D",
                                           "M",           "E",           "F",
                                           "I",           "+",           "-",
                                           "10^",         ".",           "|"};

void check_word(const std::string& word, const char* owner) {
  const auto blank = [](char letter) { return static_cast<unsigned char>(letter) <= ' '; };
  if (word.empty() || std::any_of(word.begin(), word.end(), blank)) {
    throw Error(fmt::format("{} has the word '{}'; words must have letters and no white space", owner, word));
  }
  if (word == fixed_words[Vocabulary::boundary] || word == fixed_words[Vocabulary::padding]) {
    throw Error(fmt::format("{} has the word '{}', which begins, ends or fills sequences", owner, word));
  }
}

}  // namespace

std::string dimension_word(std::size_t dimension) { return fmt::format("V{}", dimension); }

Vocabulary::Vocabulary(const Encoder& input, const Encoder& output, std::size_t max_dimension,
                       std::span<const std::string> codes)
    : max_dimension_(max_dimension) {
  if (max_dimension < 1 || max_dimension > largest_max_dimension) {
    throw Error(fmt::format("the largest dimension that has a word is {}; accepted: 1 to {}", max_dimension,
                            largest_max_dimension));
  }
  words_ = fixed_words;

  std::vector<std::string> united;
  for (const Encoder* encoder : {&input, &output}) {
    for (const std::string& symbol : encoder->symbols()) {
      check_word(symbol, "an encoder");
      united.push_back(symbol);
    }
  }
  for (std::size_t dimension = 1; dimension <= max_dimension; ++dimension) united.push_back(dimension_word(dimension));
  std::sort(united.begin(), united.end());
  united.erase(std::unique(united.begin(), united.end()), united.end());
  std::erase_if(united, [](const std::string& word) {
    return std::find(fixed_words.begin(), fixed_words.end(), word) != fixed_words.end();
  });
  words_.insert(words_.end(), united.begin(), united.end());

  for (const std::string& code : codes) {
    check_word(code, "a task");
    if (std::find(words_.begin(), words_.end(), code) == words_.end()) words_.push_back(code);
  }
  if (words_.size() > static_cast<std::size_t>(std::numeric_limits<WordId>::max())) {
    throw Error(fmt::format("the vocabulary has {} words, too many", words_.size()));
  }
  ids_.reserve(words_.size());
  for (std::size_t id = 0; id < words_.size(); ++id) ids_.emplace(words_[id], static_cast<WordId>(id));
}

const std::string& Vocabulary::word(WordId id) const {
  if (id < 0 || static_cast<std::size_t>(id) >= words_.size()) {
    throw Error(fmt::format("there is no word {}; the vocabulary has the words 0 to {}", id, words_.size() - 1));
  }
  return words_[static_cast<std::size_t>(id)];
}

std::optional<WordId> Vocabulary::id(std::string_view word) const {
  const auto found = ids_.find(word);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

WordId Vocabulary::require(std::string_view word) const {
  const std::optional<WordId> found = id(word);
  if (!found) throw Error(fmt::format("the word '{}' is not in the vocabulary", word));
  return *found;
}

}  // namespace matseq
