/// \file
/// Matrices to word sequences and back.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "matseq/encoder.h"
#include "matseq/matrix.h"
#include "matseq/task.h"
#include "tokens/vocabulary.h"

namespace matseq {

/// The code of a matrix that was read from words, and the matrix.
struct DecodedMatrix {
  int code = Example::no_code;  ///< index into the task's codes
  Matrix matrix;
};

/// Writes matrices of one side (input or output) as words and reads them (spec sections 2 and 3). A sequence is
/// the task's code word if it has codes, the words of the two dimensions, the entries row after row; the boundary ids
/// at both ends are not the codec's. One object serves all threads at once.
class SequenceCodec {
 public:
  /// `codes` are Task::codes(). Copies what it needs of the vocabulary. Throws Error when a word of the encoder or a
  /// code is not in the vocabulary.
  SequenceCodec(std::shared_ptr<const Encoder> encoder, const Vocabulary& vocabulary,
                std::span<const std::string> codes = {});

  const Encoder& encoder() const { return *encoder_; }

  /// Appends the sequence of `matrix` to `words`. `code` is Example::code: no_code exactly when the task has no codes.
  /// Throws Error when a dimension has no word or the code does not exist.
  void encode(const Matrix& matrix, int code, std::vector<WordId>& words) const;

  /// Reads a sequence that must begin with this code (with none for Example::no_code). Words after the last entry are
  /// ignored; `words` may hold anything. None where the reading fails; takes time and memory in proportion to `words`.
  std::optional<Matrix> decode(std::span<const WordId> words, int code) const;

  /// Reads a sequence with whatever code it has; one of the task's codes must be there when the task has any.
  std::optional<DecodedMatrix> decode_any(std::span<const WordId> words) const;

  /// The most words of a matrix of this size, its code included.
  std::size_t longest(std::size_t rows, std::size_t columns) const;

 private:
  std::optional<Matrix> decode_matrix(std::span<const WordId> words) const;
  WordId dimension_id(std::size_t dimension) const;
  std::size_t dimension(WordId word) const;

  std::shared_ptr<const Encoder> encoder_;
  std::size_t longest_number_;
  std::vector<WordId> word_of_symbol_;
  std::vector<Symbol> symbol_of_word_;            ///< by word id; -1: not a word of this encoder
  std::vector<WordId> word_of_dimension_;         ///< by dimension; [0] is not used
  std::vector<std::uint32_t> dimension_of_word_;  ///< by word id; 0: not a size
  std::vector<WordId> word_of_code_;
};

}  // namespace matseq
