/// \file
/// The words that a model knows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "matseq/encoder.h"

namespace matseq {

/// A position in the vocabulary.
using WordId = std::int32_t;

/// The joint vocabulary of input and output (spec section 3): fixed words, then the words of both encoders
/// and of the matrix sizes by byte value, then the code words of the tasks that are not among these.
class Vocabulary {
 public:
  /// Begins and ends every sequence, though its word is "<s>".
  static constexpr WordId boundary = 0;
  /// Fills a sequence up to the length of its batch, though its word is "</s>".
  static constexpr WordId padding = 1;
  /// Sizes 1 to 100 have words in the reference.
  static constexpr std::size_t default_max_dimension = 100;
  static constexpr std::size_t largest_max_dimension = 1'000'000;

  /// `codes` are the code words of the tasks (Task::codes), each kept once. Throws Error for a word that is empty, has
  /// white space or is that of `boundary` or `padding`, and for `max_dimension` outside [1, largest_max_dimension].
  Vocabulary(const Encoder& input, const Encoder& output, std::size_t max_dimension = default_max_dimension,
             std::span<const std::string> codes = {});

  // The index points into the words.
  Vocabulary(const Vocabulary&) = delete;
  Vocabulary& operator=(const Vocabulary&) = delete;

  std::size_t size() const { return words_.size(); }
  /// Matrices of up to this many rows and columns have size words.
  std::size_t max_dimension() const { return max_dimension_; }
  /// All words, in id order.
  const std::vector<std::string>& words() const { return words_; }
  /// Throws Error when there is no such id.
  const std::string& word(WordId id) const;
  std::optional<WordId> id(std::string_view word) const;
  /// The id of a word that must be there; throws Error when it is not.
  WordId require(std::string_view word) const;

 private:
  std::size_t max_dimension_;
  std::vector<std::string> words_;
  std::unordered_map<std::string_view, WordId> ids_;
};

/// The word of a matrix dimension, "V5".
std::string dimension_word(std::size_t dimension);

}  // namespace matseq
