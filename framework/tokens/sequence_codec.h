/// \file
/// Matrices to token sequences and back.
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

/// The code of a matrix that was read from tokens, and the matrix.
struct DecodedMatrix {
  int code = Example::no_code;  ///< index into the task's codes
  Matrix matrix;
};

/// Writes matrices of one side (input or output) as tokens and reads them (spec sections 2 and 3). A sequence is
/// the task's code token if it has codes, the tokens of the two dimensions, the entries row after row; the boundary ids
/// at both ends are not the codec's. One object serves all threads at once.
class SequenceCodec {
 public:
  /// `codes` are Task::codes(). Copies what it needs of the vocabulary. Throws Error when a token of the encoder or a
  /// code is not in the vocabulary.
  SequenceCodec(std::shared_ptr<const Encoder> encoder, const Vocabulary& vocabulary,
                std::span<const std::string> codes = {});

  const Encoder& encoder() const { return *encoder_; }

  /// Appends the sequence of `matrix` to `tokens`. `code` is Example::code: no_code exactly when the task has no codes.
  /// Throws Error when a dimension has no token or the code does not exist.
  void encode(const Matrix& matrix, int code, std::vector<TokenId>& tokens) const;

  /// Reads a sequence that must begin with this code (with none for Example::no_code). Tokens after the last entry are
  /// ignored; `tokens` may hold anything. None where the reading fails; takes time and memory in proportion to
  /// `tokens`.
  std::optional<Matrix> decode(std::span<const TokenId> tokens, int code) const;

  /// Reads a sequence with whatever code it has; one of the task's codes must be there when the task has any.
  std::optional<DecodedMatrix> decode_any(std::span<const TokenId> tokens) const;

  /// The most tokens of a matrix of this size, its code included.
  std::size_t longest(std::size_t rows, std::size_t columns) const;

  /// Of the task's codes, in their order.
  std::span<const TokenId> code_ids() const { return id_of_code_; }
  /// Throws Error for a dimension that has no token.
  TokenId dimension_id(std::size_t dimension) const;
  /// 0: it is no token of a dimension.
  std::size_t dimension(TokenId token) const;
  /// Of the encoder's tokens.
  TokenId id_of(Token token) const { return id_of_token_.at(static_cast<std::size_t>(token)); }
  /// -1: it is not one of the encoder's.
  Token token_of(TokenId id) const { return token_of_id_.at(static_cast<std::size_t>(id)); }

 private:
  std::optional<Matrix> decode_matrix(std::span<const TokenId> tokens) const;

  std::shared_ptr<const Encoder> encoder_;
  std::size_t longest_number_;
  std::vector<TokenId> id_of_token_;
  std::vector<Token> token_of_id_;              ///< by token id; -1: not a token of this encoder
  std::vector<TokenId> id_of_dimension_;        ///< by dimension; [0] is not used
  std::vector<std::uint32_t> dimension_of_id_;  ///< by token id; 0: not a size
  std::vector<TokenId> id_of_code_;
};

}  // namespace matseq
