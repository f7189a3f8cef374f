#include "common/libtorch/encoder_decoder.h"

#include <cmath>
#include <string>

#include "matseq/error.h"

namespace matseq {

namespace {

constexpr std::int64_t padding_token = 1;

torch::Tensor initial_token_embeddings(const StackOptions& options) {
  torch::Tensor values = initial_embeddings(options.tokens, options.width);
  if (options.tokens > padding_token) values[padding_token].zero_();
  return values;
}

torch::Tensor initial_positions(const StackOptions& options) {
  return options.sinusoidal ? sinusoidal_table(options.positions, options.width)
                            : initial_embeddings(options.positions, options.width);
}

}  // namespace

StackImpl::StackImpl(const StackOptions& options)
    : width_(options.width),
      positions_(options.positions),
      dropout_(options.dropout),
      position_embeddings_(
          register_module("position_embeddings", Table(initial_positions(options), options.sinusoidal))),
      embeddings_(register_module("embeddings", Table(initial_token_embeddings(options), /*frozen=*/false))),
      layer_norm_emb_(register_module("layer_norm_emb", make_layer_norm(options.width))),
      layers_(register_module("layers", torch::nn::ModuleList())) {}

void require_positions(std::int64_t tokens, std::int64_t positions) {
  if (tokens <= positions) return;
  throw Error("a sequence of " + std::to_string(tokens) + " tokens is longer than the " + std::to_string(positions) +
              " positions that the parameter 'positions' gives the model");
}

void require_hypothesis_positions(std::int64_t longest, std::int64_t positions) {
  if (longest <= positions) return;
  throw Error("hypotheses of up to " + std::to_string(longest) + " tokens need as many positions, and this model has " +
              std::to_string(positions) + "; lower evaluation.max_output_len");
}

torch::Tensor StackImpl::embed(const torch::Tensor& tokens, std::int64_t first) {
  const std::int64_t end = first + tokens.size(1);
  require_positions(end, positions_);
  const torch::Tensor position = position_embeddings_->weight().slice(0, first, end);    // (length, width)
  const torch::Tensor sum = torch::embedding(embeddings_->weight(), tokens) + position;  // (batch, length, width)
  const torch::Tensor embedded = layer_norm_emb_->forward(sum.view({-1, width_}));
  return is_training() && dropout_ > 0 ? torch::dropout(embedded, dropout_, true) : embedded;
}

EncoderStackImpl::EncoderStackImpl(const StackOptions& options) : StackImpl(options) {
  for (std::int64_t layer = 0; layer < options.layers; ++layer) layers_->push_back(EncoderLayer(options));
}

torch::Tensor EncoderStackImpl::forward(const torch::Tensor& tokens, const torch::Tensor& visible) {
  torch::Tensor x = embed(tokens);
  for (std::size_t layer = 0; layer < layers_->size(); ++layer) {
    x = layers_->at<EncoderLayerImpl>(layer).forward(x, tokens.size(0), visible);
  }
  return x;
}

OutputLayerImpl::OutputLayerImpl(std::int64_t width, std::int64_t tokens, bool tied) {
  // Initial values as torch::nn::Linear draws them: uniform within width^-0.5.
  const double bound = std::pow(static_cast<double>(width), -0.5);
  if (!tied) weight_ = register_parameter("weight", torch::empty({tokens, width}).uniform_(-bound, bound));
  bias_ = register_parameter("bias", torch::empty({tokens}).uniform_(-bound, bound));
}

torch::Tensor OutputLayerImpl::forward(const torch::Tensor& x, const torch::Tensor& embeddings) {
  return linear(x, weight_.defined() ? weight_ : embeddings, bias_);
}

DecoderStackImpl::DecoderStackImpl(const StackOptions& options, std::int64_t source_width, bool tied)
    : StackImpl(options) {
  for (std::int64_t layer = 0; layer < options.layers; ++layer) layers_->push_back(DecoderLayer(options, source_width));
  proj_ = register_module("proj", OutputLayer(options.width, options.tokens, tied));
}

torch::Tensor DecoderStackImpl::forward(const torch::Tensor& tokens, const torch::Tensor& encoded,
                                        const torch::Tensor& visible) {
  torch::Tensor x = embed(tokens);
  for (std::size_t index = 0; index < layers(); ++index) {
    x = layer(index).forward(x, tokens.size(0), encoded, visible);
  }
  return x;
}

}  // namespace matseq
