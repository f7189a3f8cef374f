#include "tokens/sequence_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "matseq/error.h"

namespace matseq {

// encode() has the encoder write its symbols where their words will stand.
static_assert(std::is_same_v<Symbol, WordId>);

SequenceCodec::SequenceCodec(std::shared_ptr<const Encoder> encoder, const Vocabulary& vocabulary,
                             std::span<const std::string> codes)
    : encoder_(std::move(encoder)),
      longest_number_(encoder_->longest()),
      symbol_of_word_(vocabulary.size(), -1),
      word_of_dimension_(vocabulary.max_dimension() + 1, Vocabulary::padding),
      dimension_of_word_(vocabulary.size(), 0) {
  for (const std::string& symbol : encoder_->symbols()) {
    const WordId word = vocabulary.require(symbol);
    symbol_of_word_[static_cast<std::size_t>(word)] = static_cast<Symbol>(word_of_symbol_.size());
    word_of_symbol_.push_back(word);
  }
  for (std::size_t dimension = 1; dimension <= vocabulary.max_dimension(); ++dimension) {
    const WordId word = vocabulary.require(dimension_word(dimension));
    word_of_dimension_[dimension] = word;
    dimension_of_word_[static_cast<std::size_t>(word)] = static_cast<std::uint32_t>(dimension);
  }
  for (const std::string& code : codes) word_of_code_.push_back(vocabulary.require(code));
}

void SequenceCodec::encode(const Matrix& matrix, int code, std::vector<WordId>& words) const {
  if (!word_of_code_.empty() || code != Example::no_code) {
    if (code < 0 || static_cast<std::size_t>(code) >= word_of_code_.size()) {
      throw Error(fmt::format("an example has the code {}, but its task has {} codes", code, word_of_code_.size()));
    }
    words.push_back(word_of_code_[static_cast<std::size_t>(code)]);
  }
  words.push_back(dimension_id(matrix.rows()));
  words.push_back(dimension_id(matrix.columns()));
  const std::size_t begin = words.size();
  words.resize(begin + matrix.size() * longest_number_);
  WordId* const first = words.data() + begin;
  WordId* const last = encoder_->encode(matrix.values(), first);
  for (WordId* at = first; at != last; ++at) *at = word_of_symbol_[static_cast<std::size_t>(*at)];
  words.resize(begin + static_cast<std::size_t>(last - first));
}

std::optional<Matrix> SequenceCodec::decode(std::span<const WordId> words, int code) const {
  if (word_of_code_.empty() && code == Example::no_code) return decode_matrix(words);
  if (code < 0 || static_cast<std::size_t>(code) >= word_of_code_.size()) return std::nullopt;
  if (words.empty() || words[0] != word_of_code_[static_cast<std::size_t>(code)]) return std::nullopt;
  return decode_matrix(words.subspan(1));
}

std::optional<DecodedMatrix> SequenceCodec::decode_any(std::span<const WordId> words) const {
  DecodedMatrix decoded;
  if (!word_of_code_.empty()) {
    if (words.empty()) return std::nullopt;
    const auto found = std::find(word_of_code_.begin(), word_of_code_.end(), words[0]);
    if (found == word_of_code_.end()) return std::nullopt;
    decoded.code = static_cast<int>(found - word_of_code_.begin());
    words = words.subspan(1);
  }
  std::optional<Matrix> matrix = decode_matrix(words);
  if (!matrix) return std::nullopt;
  decoded.matrix = std::move(*matrix);
  return decoded;
}

std::size_t SequenceCodec::longest(std::size_t rows, std::size_t columns) const {
  return (word_of_code_.empty() ? 0 : 1) + 2 + rows * columns * longest_number_;
}

std::optional<Matrix> SequenceCodec::decode_matrix(std::span<const WordId> words) const {
  if (words.size() < 2) return std::nullopt;
  const std::size_t rows = dimension(words[0]);
  const std::size_t columns = dimension(words[1]);
  words = words.subspan(2);
  if (rows == 0 || columns == 0) return std::nullopt;
  // Every entry takes a word at least: this bounds the matrix by the sequence before anything is allocated.
  if (columns > words.size() || rows > words.size() / columns) return std::nullopt;

  std::vector<Symbol> symbols(words.size());
  std::transform(words.begin(), words.end(), symbols.begin(), [&](WordId word) {
    const bool known = word >= 0 && static_cast<std::size_t>(word) < symbol_of_word_.size();
    return known ? symbol_of_word_[static_cast<std::size_t>(word)] : Symbol{-1};
  });
  Matrix matrix(rows, columns);
  std::span<const Symbol> rest = symbols;
  for (double& entry : matrix.values()) {
    const std::optional<DecodedNumber> number = encoder_->decode(rest);
    if (!number || number->length > rest.size()) return std::nullopt;
    entry = number->value;
    rest = rest.subspan(number->length);
  }
  return matrix;
}

WordId SequenceCodec::dimension_id(std::size_t dimension) const {
  if (dimension == 0 || dimension >= word_of_dimension_.size()) {
    throw Error(fmt::format("a matrix has the dimension {}; the vocabulary has words for 1 to {} (max_dimension)",
                            dimension, word_of_dimension_.size() - 1));
  }
  return word_of_dimension_[dimension];
}

std::size_t SequenceCodec::dimension(WordId word) const {
  const bool known = word >= 0 && static_cast<std::size_t>(word) < dimension_of_word_.size();
  return known ? dimension_of_word_[static_cast<std::size_t>(word)] : 0;
}

}  // namespace matseq
