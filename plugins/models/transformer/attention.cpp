#include "attention.h"

#include "cpu_attention.h"
#include "linear.h"
#include "matseq/torch_compatibility.h"

namespace matseq::transformer {

AttentionImpl::AttentionImpl(std::int64_t width, std::int64_t source_width, std::int64_t heads, double dropout)
    : heads_(heads),
      dropout_(dropout),
      q_lin_(register_module("q_lin", torch::nn::Linear(width, width))),
      k_lin_(register_module("k_lin", torch::nn::Linear(source_width, width))),
      v_lin_(register_module("v_lin", torch::nn::Linear(source_width, width))),
      out_lin_(register_module("out_lin", torch::nn::Linear(width, width))) {}

torch::Tensor AttentionImpl::queries(const torch::Tensor& sequence, std::int64_t batch) {
  return split_heads(linear(sequence, q_lin_), batch);
}

KeysValues AttentionImpl::keys_values(const torch::Tensor& sequence, std::int64_t batch) {
  return {split_heads(linear(sequence, k_lin_), batch), split_heads(linear(sequence, v_lin_), batch)};
}

torch::Tensor AttentionImpl::attend(const torch::Tensor& queries, const KeysValues& source,
                                    const torch::Tensor& visible, bool causal) {
  const double dropout = is_training() ? dropout_ : 0.0;
  if (dropout == 0 && cpu_attention_applies(queries, source.keys, source.values) && !is_autocasting(torch::kCPU)) {
    return linear(cpu_attention(queries, source.keys, source.values, visible, causal), out_lin_);
  }
  const torch::Tensor context =
      scaled_dot_product_attention(queries, source.keys, source.values, visible, causal, dropout);
  return linear(context.transpose(1, 2).reshape({-1, heads_ * context.size(-1)}), out_lin_);
}

torch::Tensor AttentionImpl::split_heads(const torch::Tensor& sequence, std::int64_t batch) {
  return sequence.view({batch, -1, heads_, sequence.size(-1) / heads_}).transpose(1, 2);
}

}  // namespace matseq::transformer
