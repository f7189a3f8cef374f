#include "common/libtorch/attention.h"

#include "common/libtorch/head_attention.h"

namespace matseq {

torch::Tensor real_tokens(const torch::Tensor& lengths, std::int64_t length) {
  return torch::arange(length, lengths.options()).unsqueeze(0) < lengths.unsqueeze(1);
}

torch::Tensor visible_tokens(const torch::Tensor& tokens, const torch::Tensor& lengths, bool padded) {
  if (!padded) return {};
  return real_tokens(lengths, tokens.size(1)).view({tokens.size(0), 1, 1, tokens.size(1)});
}

KeysValues rows_of(const KeysValues& of, const torch::Tensor& rows) {
  return {of.keys.index_select(0, rows), of.values.index_select(0, rows)};
}

std::vector<KeysValues> rows_of(const std::vector<KeysValues>& layers, const torch::Tensor& rows) {
  std::vector<KeysValues> chosen;
  for (const KeysValues& layer : layers) chosen.push_back(layer.keys.defined() ? rows_of(layer, rows) : layer);
  return chosen;
}

KeysValues appended(const KeysValues& past, const KeysValues& present) {
  if (!past.keys.defined()) return present;
  return {torch::cat({past.keys, present.keys}, 2), torch::cat({past.values, present.values}, 2)};
}

AttentionImpl::AttentionImpl(std::int64_t width, std::int64_t source_width, std::int64_t heads, double dropout)
    : heads_(heads),
      dropout_(dropout),
      q_lin_(register_module("q_lin", Linear(width, width))),
      k_lin_(register_module("k_lin", Linear(source_width, width))),
      v_lin_(register_module("v_lin", Linear(source_width, width))),
      out_lin_(register_module("out_lin", Linear(width, width))) {}

torch::Tensor AttentionImpl::queries(const torch::Tensor& sequence, std::int64_t batch) {
  return split_heads(q_lin_->forward(sequence), batch);
}

KeysValues AttentionImpl::keys_values(const torch::Tensor& sequence, std::int64_t batch) {
  return {split_heads(k_lin_->forward(sequence), batch), split_heads(v_lin_->forward(sequence), batch)};
}

torch::Tensor AttentionImpl::attend(const torch::Tensor& queries, const KeysValues& source,
                                    const torch::Tensor& visible, bool causal) {
  const double dropout = is_training() ? dropout_ : 0.0;
  const torch::Tensor context = attend_heads(queries, source.keys, source.values, visible, causal, dropout);
  return out_lin_->forward(context.transpose(1, 2).reshape({-1, heads_ * context.size(-1)}));
}

torch::Tensor AttentionImpl::split_heads(const torch::Tensor& sequence, std::int64_t batch) {
  return sequence.view({batch, -1, heads_, sequence.size(-1) / heads_}).transpose(1, 2);
}

}  // namespace matseq
