#include "common/libtorch/post_norm_layers.h"

namespace matseq {

namespace {

torch::Tensor drop_out(const torch::Tensor& x, double probability, bool training) {
  return training && probability > 0 ? torch::dropout(x, probability, true) : x;
}

}  // namespace

EncoderLayerImpl::EncoderLayerImpl(const StackOptions& options)
    : dropout_(options.dropout),
      self_attention_(register_module(
          "self_attention", Attention(options.width, options.width, options.heads, options.attention_dropout))),
      layer_norm1_(register_module("layer_norm1", make_layer_norm(options.width))),
      ffn_(register_module("ffn", FeedForward(options.width))),
      layer_norm2_(register_module("layer_norm2", make_layer_norm(options.width))) {}

torch::Tensor EncoderLayerImpl::forward(const torch::Tensor& x, std::int64_t batch, const torch::Tensor& visible) {
  const torch::Tensor attended =
      self_attention_->attend(self_attention_->queries(x, batch), self_attention_->keys_values(x, batch), visible);
  const torch::Tensor x1 = layer_norm1_->forward(x + drop_out(attended, dropout_, is_training()));
  return layer_norm2_->forward(x1 + drop_out(ffn_->forward(x1), dropout_, is_training()));
}

DecoderLayerImpl::DecoderLayerImpl(const StackOptions& options, std::int64_t source_width)
    : dropout_(options.dropout),
      self_attention_(register_module(
          "self_attention", Attention(options.width, options.width, options.heads, options.attention_dropout))),
      layer_norm1_(register_module("layer_norm1", make_layer_norm(options.width))),
      layer_norm15_(register_module("layer_norm15", make_layer_norm(options.width))),
      cross_attention_(register_module(
          "cross_attention", Attention(options.width, source_width, options.heads, options.attention_dropout))),
      ffn_(register_module("ffn", FeedForward(options.width))),
      layer_norm2_(register_module("layer_norm2", make_layer_norm(options.width))) {}

torch::Tensor DecoderLayerImpl::forward(const torch::Tensor& x, std::int64_t batch, const torch::Tensor& encoded,
                                        const torch::Tensor& visible) {
  // Padding stands at the end, where the causal order alone hides it from every real token.
  const torch::Tensor self_attended = self_attention_->attend(
      self_attention_->queries(x, batch), self_attention_->keys_values(x, batch), torch::Tensor(), /*causal=*/true);
  const torch::Tensor cross_attended = cross_attention_->attend(cross_attention_->queries(x, batch),
                                                                cross_attention_->keys_values(encoded, batch), visible);
  return combine(x, self_attended, cross_attended);
}

torch::Tensor DecoderLayerImpl::combine(const torch::Tensor& x, const torch::Tensor& self_attended,
                                        const torch::Tensor& cross_attended) {
  const torch::Tensor x1 = layer_norm1_->forward(x + drop_out(self_attended, dropout_, is_training()));
  const torch::Tensor x2 = layer_norm15_->forward(x1 + drop_out(cross_attended, dropout_, is_training()));
  return layer_norm2_->forward(x2 + drop_out(ffn_->forward(x2), dropout_, is_training()));
}

}  // namespace matseq
