#include "tokens/sequence_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "matseq/error.h"

namespace matseq {

// encode() has the encoder write its tokens where their ids will stand.
static_assert(std::is_same_v<Token, TokenId>);

/// Room behind a sequence, so that an encoder that writes a few tokens too many spoils no other memory before that is
/// noticed.
constexpr std::size_t spare_tokens = 256;

SequenceCodec::SequenceCodec(std::shared_ptr<const Encoder> encoder, const Vocabulary& vocabulary,
                             std::span<const std::string> codes)
    : encoder_(std::move(encoder)),
      longest_number_(encoder_->longest()),
      token_of_id_(vocabulary.size(), -1),
      id_of_dimension_(vocabulary.max_dimension() + 1, Vocabulary::padding),
      dimension_of_id_(vocabulary.size(), 0) {
  for (const std::string& own_token : encoder_->tokens()) {
    const TokenId token = vocabulary.require(own_token);
    token_of_id_[static_cast<std::size_t>(token)] = static_cast<Token>(id_of_token_.size());
    id_of_token_.push_back(token);
  }
  for (std::size_t dimension = 1; dimension <= vocabulary.max_dimension(); ++dimension) {
    const TokenId token = vocabulary.require(dimension_token(dimension));
    id_of_dimension_[dimension] = token;
    dimension_of_id_[static_cast<std::size_t>(token)] = static_cast<std::uint32_t>(dimension);
  }
  for (const std::string& code : codes) id_of_code_.push_back(vocabulary.require(code));
}

void SequenceCodec::encode(const Matrix& matrix, int code, std::vector<TokenId>& tokens) const {
  if (!id_of_code_.empty() || code != Example::no_code) {
    if (code < 0 || static_cast<std::size_t>(code) >= id_of_code_.size()) {
      throw Error(fmt::format("an example has the code {}, but its task has {} codes", code, id_of_code_.size()));
    }
    tokens.push_back(id_of_code_[static_cast<std::size_t>(code)]);
  }
  tokens.push_back(dimension_id(matrix.rows()));
  tokens.push_back(dimension_id(matrix.columns()));
  const std::size_t begin = tokens.size();
  tokens.reserve(begin + matrix.size() * longest_number_ + spare_tokens);
  tokens.resize(begin + matrix.size() * longest_number_);
  TokenId* const first = tokens.data() + begin;
  TokenId* const last = encoder_->encode(matrix.values(), first);
  for (TokenId* at = first; at != last; ++at) *at = id_of_token_[static_cast<std::size_t>(*at)];
  tokens.resize(begin + static_cast<std::size_t>(last - first));
}

std::optional<Matrix> SequenceCodec::decode(std::span<const TokenId> tokens, int code) const {
  if (id_of_code_.empty() && code == Example::no_code) return decode_matrix(tokens);
  if (code < 0 || static_cast<std::size_t>(code) >= id_of_code_.size()) return std::nullopt;
  if (tokens.empty() || tokens[0] != id_of_code_[static_cast<std::size_t>(code)]) return std::nullopt;
  return decode_matrix(tokens.subspan(1));
}

std::optional<DecodedMatrix> SequenceCodec::decode_any(std::span<const TokenId> tokens) const {
  DecodedMatrix decoded;
  if (!id_of_code_.empty()) {
    if (tokens.empty()) return std::nullopt;
    const auto found = std::find(id_of_code_.begin(), id_of_code_.end(), tokens[0]);
    if (found == id_of_code_.end()) return std::nullopt;
    decoded.code = static_cast<int>(found - id_of_code_.begin());
    tokens = tokens.subspan(1);
  }
  std::optional<Matrix> matrix = decode_matrix(tokens);
  if (!matrix) return std::nullopt;
  decoded.matrix = std::move(*matrix);
  return decoded;
}

std::size_t SequenceCodec::longest(std::size_t rows, std::size_t columns) const {
  return (id_of_code_.empty() ? 0 : 1) + 2 + rows * columns * longest_number_;
}

std::optional<Matrix> SequenceCodec::decode_matrix(std::span<const TokenId> tokens) const {
  if (tokens.size() < 2) return std::nullopt;
  const std::size_t rows = dimension(tokens[0]);
  const std::size_t columns = dimension(tokens[1]);
  tokens = tokens.subspan(2);
  if (rows == 0 || columns == 0) return std::nullopt;
  // Every entry takes a token at least: this bounds the matrix by the sequence before anything is allocated.
  if (columns > tokens.size() || rows > tokens.size() / columns) return std::nullopt;

  std::vector<Token> own(tokens.size());
  std::transform(tokens.begin(), tokens.end(), own.begin(), [&](TokenId token) {
    const bool known = token >= 0 && static_cast<std::size_t>(token) < token_of_id_.size();
    return known ? token_of_id_[static_cast<std::size_t>(token)] : Token{-1};
  });
  Matrix matrix(rows, columns);
  std::span<const Token> rest = own;
  for (double& entry : matrix.values()) {
    const std::optional<DecodedNumber> number = encoder_->decode(rest);
    if (!number || number->length > rest.size()) return std::nullopt;
    entry = number->value;
    rest = rest.subspan(number->length);
  }
  return matrix;
}

TokenId SequenceCodec::dimension_id(std::size_t dimension) const {
  if (dimension == 0 || dimension >= id_of_dimension_.size()) {
    throw Error(
        fmt::format("a matrix has the dimension {}; the vocabulary has tokens for 1 to {} (encoding.max_dimension)",
                    dimension, id_of_dimension_.size() - 1));
  }
  return id_of_dimension_[dimension];
}

std::size_t SequenceCodec::dimension(TokenId token) const {
  const bool known = token >= 0 && static_cast<std::size_t>(token) < dimension_of_id_.size();
  return known ? dimension_of_id_[static_cast<std::size_t>(token)] : 0;
}

}  // namespace matseq
