/// \file
/// Layers that models are made of. Sequences are flat: (batch x length, width).
#pragma once

#include <cstdint>

#include "common/libtorch/linear.h"
#include "matseq/torch.h"

namespace matseq {

/// Layer normalisation with the reference's epsilon.
torch::nn::LayerNorm make_layer_norm(std::int64_t width);

/// A linear layer without a bias.
Linear without_bias(std::int64_t from, std::int64_t to);

/// Rows of a table by index; a frozen table is a buffer, so that it is stored but not trained.
class TableImpl : public torch::nn::Module {
 public:
  TableImpl(torch::Tensor values, bool frozen);
  const torch::Tensor& weight() const { return weight_; }

 private:
  torch::Tensor weight_;
};
TORCH_MODULE(Table);

/// The learned tables' initial values: normal with standard deviation width^-0.5.
torch::Tensor initial_embeddings(std::int64_t rows, std::int64_t width);

/// Angle t / 10000^(2 floor(j / 2) / width) at position t and channel j; its sine at even j, cosine at odd j.
torch::Tensor sinusoidal_table(std::int64_t positions, std::int64_t width);

/// Position-wise feed-forward network with ReLU, 4 x width wide inside.
class FeedForwardImpl : public torch::nn::Module {
 public:
  explicit FeedForwardImpl(std::int64_t width);
  torch::Tensor forward(const torch::Tensor& x);

 private:
  Linear lin1_;
  Linear lin2_;
};
TORCH_MODULE(FeedForward);

}  // namespace matseq
