/// \file
/// The tokens that a model knows.
#pragma once

#include <array>
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
using TokenId = std::int32_t;

/// The joint vocabulary of input and output (spec section 3): fixed tokens, then the tokens of both encoders
/// and of the matrix sizes by byte value, then the code tokens of the tasks that are not among these.
class Vocabulary {
 public:
  /// Begins and ends every sequence, though its token is "<s>".
  static constexpr TokenId boundary = 0;
  /// Fills a sequence up to the length of its batch, though its token is "</s>".
  static constexpr TokenId padding = 1;
  /// Sizes 1 to 100 have tokens in the reference.
  static constexpr std::size_t default_max_dimension = 100;
  static constexpr std::size_t largest_max_dimension = 1'000'000;

  /// `codes` are the code tokens of the tasks (Task::codes), each kept once. Throws Error for a text that cannot be a
  /// token, for a code that is a token of a dimension or of an encoder or another fixed one than the reference's code
  /// letters, and for `max_dimension` outside [1, largest_max_dimension].
  Vocabulary(const Encoder& input, const Encoder& output, std::size_t max_dimension = default_max_dimension,
             std::span<const std::string> codes = {});

  // The index points into the tokens.
  Vocabulary(const Vocabulary&) = delete;
  Vocabulary& operator=(const Vocabulary&) = delete;

  std::size_t size() const { return tokens_.size(); }
  /// Matrices of up to this many rows and columns have size tokens.
  std::size_t max_dimension() const { return max_dimension_; }
  /// All tokens, in id order.
  const std::vector<std::string>& tokens() const { return tokens_; }
  /// Throws Error when there is no such id.
  const std::string& token(TokenId id) const;
  /// Appends the tokens with one blank between them. Throws Error when there is no such id.
  void append(std::span<const TokenId> ids, std::string& text) const;
  std::optional<TokenId> id(std::string_view token) const;
  /// The id of a token that must be there; throws Error when it is not.
  TokenId require(std::string_view token) const;

 private:
  /// The beginning of a token, of a size that is copied at once: writing text is most of the work of `generate`.
  struct Spelling {
    static constexpr std::size_t room = 16;
    std::array<char, room> begin{};
    std::uint32_t size = 0;  ///< of the whole token, in bytes
  };

  std::size_t max_dimension_;
  std::vector<std::string> tokens_;
  std::vector<Spelling> spellings_;  // by id
  std::unordered_map<std::string_view, TokenId> ids_;
};

/// Why a text cannot be a token: it is empty or long, has white space or control characters, or is the token of
/// `Vocabulary::boundary` or `padding`. Empty if it can.
std::string token_complaint(std::string_view token);

/// The token of a matrix dimension, "V5".
std::string dimension_token(std::size_t dimension);

}  // namespace matseq
