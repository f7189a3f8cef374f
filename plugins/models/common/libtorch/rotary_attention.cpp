#include "common/libtorch/rotary_attention.h"

#include "common/libtorch/head_attention.h"
#include "common/libtorch/layers.h"

namespace matseq {
namespace {

/// Turns the pairs (j, j + half) of every head by position / 10000^(j / half).
torch::Tensor turn(const torch::Tensor& heads, std::int64_t first) {
  const std::int64_t half = heads.size(3) / 2;
  const torch::TensorOptions options = heads.options().dtype(torch::kFloat32);
  const torch::Tensor position = torch::arange(first, first + heads.size(2), options).unsqueeze(1);
  const torch::Tensor frequency = torch::pow(10000.0, torch::arange(half, options) / -static_cast<double>(half));
  const torch::Tensor angle = position * frequency;
  const torch::Tensor cosine = angle.cos().to(heads.scalar_type()), sine = angle.sin().to(heads.scalar_type());
  const torch::Tensor one = heads.slice(3, 0, half), other = heads.slice(3, half);
  return torch::cat({one * cosine - other * sine, one * sine + other * cosine}, 3);
}

}  // namespace

RotaryAttentionImpl::RotaryAttentionImpl(std::int64_t width, std::int64_t heads, bool rotary, bool normalised)
    : heads_(heads),
      rotary_(rotary),
      query_(register_module("query", without_bias(width, width))),
      key_(register_module("key", without_bias(width, width))),
      value_(register_module("value", without_bias(width, width))),
      output_(register_module("output", without_bias(width, width))) {
  if (!normalised) return;
  query_norm_ = register_module("query_norm", Norm(width / heads, true));
  key_norm_ = register_module("key_norm", Norm(width / heads, true));
}

torch::Tensor RotaryAttentionImpl::split_heads(const torch::Tensor& sequence) const {
  return sequence.view({sequence.size(0), sequence.size(1), heads_, -1}).transpose(1, 2);
}

torch::Tensor RotaryAttentionImpl::queries(const torch::Tensor& sequence, std::int64_t first) {
  torch::Tensor queries = split_heads(query_->forward(sequence));
  if (query_norm_) queries = query_norm_->forward(queries);
  return rotary_ ? turn(queries, first) : queries;
}

KeysValues RotaryAttentionImpl::keys_values(const torch::Tensor& sequence, std::int64_t first) {
  torch::Tensor keys = split_heads(key_->forward(sequence));
  if (key_norm_) keys = key_norm_->forward(keys);
  return {rotary_ ? turn(keys, first) : keys, split_heads(value_->forward(sequence))};
}

torch::Tensor RotaryAttentionImpl::attend(const torch::Tensor& queries, const KeysValues& source,
                                          const torch::Tensor& visible, bool causal) {
  const torch::Tensor context = attend_heads(queries, source.keys, source.values, visible, causal, /*dropout=*/0.0);
  return output_->forward(context.transpose(1, 2).flatten(2));
}

}  // namespace matseq
