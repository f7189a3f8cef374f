/// \file
/// Which tokens may come next in a matrix.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <span>
#include <vector>

#include "tokens/sequence_codec.h"
#include "tokens/vocabulary.h"

namespace matseq {

/// The grammar of the sequences that a codec reads as matrices: a code if the task has codes, two dimensions, the
/// numbers of all entries (Encoder::continuations), the closing boundary. One object serves all threads at once; it
/// keeps what encoders answer.
class MatrixGrammar {
 public:
  /// What a sequence has to be besides a matrix. 0 or, of the code, Vocabulary::boundary: anything.
  struct Wanted {
    TokenId code = Vocabulary::boundary;
    std::size_t rows = 0;
    std::size_t columns = 0;
  };

  /// How far a sequence has come.
  struct State {
    Wanted wanted;
    std::size_t position = 0;  ///< how many of code, rows and columns are there
    std::size_t rows = 0;
    std::size_t numbers_left = 0;
    std::vector<Token> number;  ///< what is there of the current one
    bool over = false;          ///< only the boundary may follow
  };

  /// Sequences have at most `longest` tokens, boundaries not counted, whatever numbers they have. Where not even a
  /// 1 x 1 matrix fits, or not the wanted one, nothing but the boundary may come.
  MatrixGrammar(std::shared_ptr<const SequenceCodec> codec, const Vocabulary& vocabulary, std::size_t longest);

  /// Of answers to a source: they begin with the code that it begins with.
  Wanted wanted(std::span<const TokenId> source) const;

  State begin(const Wanted& wanted) const;

  /// The ids that may come next, ascending; at least one.
  std::vector<TokenId> allowed(const State& state) const;

  /// Goes on by a token. After one that was not allowed the sequence is over.
  void advance(State& state, TokenId token) const;

 private:
  std::vector<TokenId> allowed_dimensions(const State& state) const;
  /// The ids that may follow the tokens of a number; none where it is whole.
  std::shared_ptr<const std::vector<TokenId>> after(const std::vector<Token>& number) const;

  std::shared_ptr<const SequenceCodec> codec_;
  std::size_t max_dimension_;
  std::size_t most_entries_;
  mutable std::shared_mutex mutex_;  ///< of `known_`
  mutable std::map<std::vector<Token>, std::shared_ptr<const std::vector<TokenId>>> known_;
};

}  // namespace matseq
