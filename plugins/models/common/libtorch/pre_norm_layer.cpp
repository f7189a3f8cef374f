#include "common/libtorch/pre_norm_layer.h"

namespace matseq {

PreNormLayerImpl::PreNormLayerImpl(std::int64_t width, std::int64_t heads)
    : norm1_(register_module("norm1", make_layer_norm(width))),
      attention_(register_module("attention", Attention(width, width, heads, 0.0))),
      norm2_(register_module("norm2", make_layer_norm(width))),
      ffn_(register_module("ffn", FeedForward(width))) {}

torch::Tensor PreNormLayerImpl::forward(const torch::Tensor& x, std::int64_t batch, const torch::Tensor& visible) {
  KeysValues seen;
  return go_on(x, batch, seen, visible);
}

torch::Tensor PreNormLayerImpl::go_on(const torch::Tensor& x, std::int64_t batch, KeysValues& seen,
                                      const torch::Tensor& visible) {
  const torch::Tensor normed = norm1_->forward(x);
  seen = appended(seen, attention_->keys_values(normed, batch));
  const torch::Tensor y = x + attention_->attend(attention_->queries(normed, batch), seen, visible);
  return y + ffn_->forward(norm2_->forward(y));
}

}  // namespace matseq
