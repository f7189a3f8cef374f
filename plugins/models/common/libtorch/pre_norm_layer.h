/// \file
/// The layer of transformers that normalise before they add (Xiong et al., 2020).
#pragma once

#include <cstdint>

#include "common/libtorch/attention.h"
#include "common/libtorch/layers.h"
#include "matseq/torch.h"

namespace matseq {

/// y = x + SelfAttention(LN(x)); z = y + FFN(LN(y)). Sequences are flat: (batch x length, width).
class PreNormLayerImpl : public torch::nn::Module {
 public:
  PreNormLayerImpl(std::int64_t width, std::int64_t heads);

  /// `visible` is (batch, 1, length, length), true where a position, the third dimension, looks at another.
  torch::Tensor forward(const torch::Tensor& x, std::int64_t batch, const torch::Tensor& visible);

  /// Likewise with what has been read before: keys and values of x are added to `seen`, all of which is looked at as
  /// `visible` says, (batch, 1, 1 or length, keys).
  torch::Tensor go_on(const torch::Tensor& x, std::int64_t batch, KeysValues& seen, const torch::Tensor& visible);

 private:
  torch::nn::LayerNorm norm1_;
  Attention attention_;
  torch::nn::LayerNorm norm2_;
  FeedForward ffn_;
};
TORCH_MODULE(PreNormLayer);

}  // namespace matseq
