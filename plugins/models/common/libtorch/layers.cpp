#include "common/libtorch/layers.h"

#include <cmath>
#include <utility>

namespace matseq {

namespace {

constexpr double layer_norm_epsilon = 1e-12;
constexpr std::int64_t feed_forward_factor = 4;

}  // namespace

torch::nn::LayerNorm make_layer_norm(std::int64_t width) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}).eps(layer_norm_epsilon));
}

Linear without_bias(std::int64_t from, std::int64_t to) { return Linear(from, to, /*with_bias=*/false); }

TableImpl::TableImpl(torch::Tensor values, bool frozen)
    : weight_(frozen ? register_buffer("weight", std::move(values)) : register_parameter("weight", std::move(values))) {
}

torch::Tensor initial_embeddings(std::int64_t rows, std::int64_t width) {
  return torch::randn({rows, width}) * std::pow(static_cast<double>(width), -0.5);
}

torch::Tensor sinusoidal_table(std::int64_t positions, std::int64_t width) {
  const torch::Tensor position = torch::arange(positions, torch::kFloat64).unsqueeze(1);
  const torch::Tensor channel = torch::arange(width, torch::kInt64);
  const torch::Tensor exponent = channel.div(2, "floor").to(torch::kFloat64) * (2.0 / static_cast<double>(width));
  const torch::Tensor angle = position / torch::pow(10000.0, exponent);
  return torch::where(channel.remainder(2) == 0, angle.sin(), angle.cos()).to(torch::kFloat32);
}

FeedForwardImpl::FeedForwardImpl(std::int64_t width)
    : lin1_(register_module("lin1", Linear(width, feed_forward_factor * width))),
      lin2_(register_module("lin2", Linear(feed_forward_factor * width, width))) {}

torch::Tensor FeedForwardImpl::forward(const torch::Tensor& x) { return lin2_->forward(lin1_->forward(x).relu_()); }

}  // namespace matseq
