/// \file
/// The parts that encoder and decoder are made of (spec section 4). Sequences are flat: (batch x length, width).
#pragma once

#include <cstdint>

#include "common/libtorch/attention.h"
#include "common/libtorch/layers.h"
#include "matseq/torch.h"

namespace matseq {

/// What the layers of one stack share.
struct StackOptions {
  std::int64_t layers = 0;
  std::int64_t width = 0;
  std::int64_t heads = 0;
  double dropout = 0;            ///< of the embedding and of every sublayer's output
  double attention_dropout = 0;  ///< of the attention weights
  std::int64_t tokens = 0;
  std::int64_t positions = 0;
  bool sinusoidal = false;  ///< frozen sine and cosine positions, else learned ones
};

/// x1 = LN(x + SelfAttention(x)); y = LN(x1 + FFN(x1)).
class EncoderLayerImpl : public torch::nn::Module {
 public:
  explicit EncoderLayerImpl(const StackOptions& options);

  /// `visible` is (batch, 1, 1, length), true at real tokens, or undefined.
  torch::Tensor forward(const torch::Tensor& x, std::int64_t batch, const torch::Tensor& visible);

 private:
  double dropout_;
  Attention self_attention_;
  torch::nn::LayerNorm layer_norm1_;
  FeedForward ffn_;
  torch::nn::LayerNorm layer_norm2_;
};
TORCH_MODULE(EncoderLayer);

/// x1 = LN(x + CausalSelfAttention(x)); x2 = LN(x1 + CrossAttention(x)); y = LN(x2 + FFN(x2)).
/// The cross-attention's query is x, the layer's input, and not x1: the reference's models are trained so.
class DecoderLayerImpl : public torch::nn::Module {
 public:
  DecoderLayerImpl(const StackOptions& options, std::int64_t source_width);

  /// `encoded` is (batch x source length, source width); `visible` (batch, 1, 1, source length) or undefined.
  torch::Tensor forward(const torch::Tensor& x, std::int64_t batch, const torch::Tensor& encoded,
                        const torch::Tensor& visible);

  /// The layer's output from its input and what the two attentions made of it.
  torch::Tensor combine(const torch::Tensor& x, const torch::Tensor& self_attended,
                        const torch::Tensor& cross_attended);

  Attention& self_attention() { return self_attention_; }
  Attention& cross_attention() { return cross_attention_; }

 private:
  double dropout_;
  Attention self_attention_;
  torch::nn::LayerNorm layer_norm1_;
  torch::nn::LayerNorm layer_norm15_;
  Attention cross_attention_;
  FeedForward ffn_;
  torch::nn::LayerNorm layer_norm2_;
};
TORCH_MODULE(DecoderLayer);

}  // namespace matseq
