#include "tokens/matrix_grammar.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace matseq {
namespace {

constexpr std::size_t header = 2;  ///< the dimensions

}  // namespace

MatrixGrammar::MatrixGrammar(std::shared_ptr<const SequenceCodec> codec, const Vocabulary& vocabulary,
                             std::size_t longest)
    : codec_(std::move(codec)), max_dimension_(vocabulary.max_dimension()) {
  const std::size_t before = codec_->longest(1, 1) - codec_->encoder().longest();
  most_entries_ = longest > before ? (longest - before) / codec_->encoder().longest() : 0;
}

MatrixGrammar::Wanted MatrixGrammar::wanted(std::span<const TokenId> source) const {
  const auto codes = codec_->code_ids();
  if (source.empty() || std::ranges::find(codes, source[0]) == codes.end()) return {};
  return {.code = source[0]};
}

MatrixGrammar::State MatrixGrammar::begin(const Wanted& wanted) const {
  State state;
  state.wanted = wanted;
  state.over = most_entries_ < std::max<std::size_t>(1, wanted.rows * wanted.columns);
  if (codec_->code_ids().empty()) state.position = 1;
  return state;
}

std::vector<TokenId> MatrixGrammar::allowed(const State& state) const {
  if (state.over) return {Vocabulary::boundary};
  if (state.position == 0) {
    if (state.wanted.code != Vocabulary::boundary) return {state.wanted.code};
    std::vector<TokenId> codes(codec_->code_ids().begin(), codec_->code_ids().end());
    std::ranges::sort(codes);
    return codes;
  }
  if (state.position <= header) return allowed_dimensions(state);
  return *after(state.number);
}

std::vector<TokenId> MatrixGrammar::allowed_dimensions(const State& state) const {
  const bool rows = state.position == 1;
  const std::size_t wanted = rows ? state.wanted.rows : state.wanted.columns;
  if (wanted != 0) return {codec_->dimension_id(wanted)};
  // A dimension that is wanted later must fit, too.
  const std::size_t other = rows ? std::max<std::size_t>(1, state.wanted.columns) : state.rows;
  std::vector<TokenId> ids;
  for (std::size_t n = 1; n <= std::min(max_dimension_, most_entries_ / other); ++n) {
    ids.push_back(codec_->dimension_id(n));
  }
  std::ranges::sort(ids);
  return ids;
}

void MatrixGrammar::advance(State& state, TokenId token) const {
  if (state.over) return;
  if (!std::ranges::binary_search(allowed(state), token)) {
    state.over = true;
    return;
  }
  if (state.position <= header) {
    const std::size_t dimension = codec_->dimension(token);
    if (state.position == 1) state.rows = dimension;
    if (state.position == header) state.numbers_left = state.rows * dimension;
    ++state.position;
    return;
  }
  state.number.push_back(codec_->token_of(token));
  if (!after(state.number)->empty()) return;
  state.number.clear();
  state.over = --state.numbers_left == 0;
}

std::shared_ptr<const std::vector<TokenId>> MatrixGrammar::after(const std::vector<Token>& number) const {
  {
    const std::shared_lock lock(mutex_);
    if (const auto known = known_.find(number); known != known_.end()) return known->second;
  }
  std::vector<TokenId> ids;
  for (const Token token : codec_->encoder().continuations(number)) ids.push_back(codec_->id_of(token));
  std::ranges::sort(ids);
  const std::unique_lock lock(mutex_);
  return known_.emplace(number, std::make_shared<const std::vector<TokenId>>(std::move(ids))).first->second;
}

}  // namespace matseq
