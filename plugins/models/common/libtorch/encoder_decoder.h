/// \file
/// The encoder and decoder stacks (spec section 4), with the parameter names of the reference's checkpoints.
#pragma once

#include <cstdint>
#include <vector>

#include "common/libtorch/post_norm_layers.h"

namespace matseq {

/// Throws Error when a sequence of so many tokens has more than there are positions.
void require_positions(std::int64_t tokens, std::int64_t positions);

/// Throws Error when there are fewer than hypotheses of up to `longest` tokens need.
void require_hypothesis_positions(std::int64_t longest, std::int64_t positions);

/// Token plus position, normalised: the part that encoder and decoder share.
class StackImpl : public torch::nn::Module {
 public:
  explicit StackImpl(const StackOptions& options);

  /// The embedding of tokens (batch, length) at positions `first`, `first` + 1, ...: (batch x length, width).
  /// Throws Error beyond the last position.
  torch::Tensor embed(const torch::Tensor& tokens, std::int64_t first = 0);

  /// How many positions have an embedding.
  std::int64_t positions() const { return positions_; }

 protected:
  std::int64_t width_;
  std::int64_t positions_;
  double dropout_;
  Table position_embeddings_;
  Table embeddings_;
  torch::nn::LayerNorm layer_norm_emb_;
  torch::nn::ModuleList layers_;
};

/// Post-norm encoder. Padding is kept out as attention's keys; its own positions hold finite values that nothing uses.
class EncoderStackImpl : public StackImpl {
 public:
  explicit EncoderStackImpl(const StackOptions& options);

  /// Tokens (batch, length), `visible` as the layers take it; returns (batch x length, width).
  torch::Tensor forward(const torch::Tensor& tokens, const torch::Tensor& visible);
};
TORCH_MODULE(EncoderStack);

/// The linear layer over the vocabulary. When tied its weight is the token embedding, which is a parameter there
/// and only there.
class OutputLayerImpl : public torch::nn::Module {
 public:
  OutputLayerImpl(std::int64_t width, std::int64_t tokens, bool tied);

  /// (rows, width) to (rows, tokens); `embeddings` are the weight when tied.
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& embeddings);

 private:
  torch::Tensor weight_;  // undefined when tied
  torch::Tensor bias_;
};
TORCH_MODULE(OutputLayer);

/// Post-norm decoder with the output layer.
class DecoderStackImpl : public StackImpl {
 public:
  /// `source_width` is the encoder's; `tied` shares the token embedding with the output layer.
  DecoderStackImpl(const StackOptions& options, std::int64_t source_width, bool tied);

  /// Tokens (batch, length) to (batch x length, width), before the output layer.
  torch::Tensor forward(const torch::Tensor& tokens, const torch::Tensor& encoded, const torch::Tensor& visible);

  /// Logits (rows, tokens) of (rows, width).
  torch::Tensor project(const torch::Tensor& x) { return proj_->forward(x, embeddings_->weight()); }

  std::size_t layers() const { return layers_->size(); }
  DecoderLayerImpl& layer(std::size_t index) { return layers_->at<DecoderLayerImpl>(index); }

 private:
  OutputLayer proj_ = nullptr;
};
TORCH_MODULE(DecoderStack);

}  // namespace matseq
