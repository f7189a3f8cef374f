/// \file
/// Linear layers, by the fastest matrix product there is.
#pragma once

#include "matseq/torch.h"

namespace matseq::transformer {

/// x weight^T + bias: (rows, in) to (rows, out); `weight` is (out, in), `bias` (out). Like torch::linear, to rounding.
///
/// On the CPU in float32 LibTorch takes the product from the BLAS that it was built with. oneDNN, which it brings along
/// for other purposes, has one too that makes use of AVX-512 on every processor that has it; where it can be reached it
/// does the work here.
torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias);

inline torch::Tensor linear(const torch::Tensor& x, const torch::nn::Linear& layer) {
  return linear(x, layer->weight, layer->bias);
}

}  // namespace matseq::transformer
