/// \file
/// Linear layers whose products are the fastest that there are.
#pragma once

#include <cstdint>

#include "matseq/torch.h"

namespace matseq {

/// x weight^T + bias, with gradients; `bias` may be undefined. In float32 on one thread of a CPU by the products of
/// cpu/products.h where these are oneDNN's, which are faster than those of LibTorch's BLAS; else as torch::linear.
torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias);

/// torch::nn::Linear by this function.
class LinearImpl : public torch::nn::LinearImpl {
 public:
  LinearImpl(std::int64_t from, std::int64_t to, bool with_bias = true)
      : torch::nn::LinearImpl(torch::nn::LinearOptions(from, to).bias(with_bias)) {}

  torch::Tensor forward(const torch::Tensor& x) { return linear(x, weight, bias); }
};
TORCH_MODULE(Linear);

}  // namespace matseq
