/// \file
/// Normalisation of the channels of each position.
#pragma once

#include <cstdint>

#include "matseq/torch.h"

namespace matseq {

/// Root mean square (Zhang and Sennrich, 2019) or layer normalisation over the last dimension, with a gain.
class NormImpl : public torch::nn::Module {
 public:
  NormImpl(std::int64_t width, bool rms);
  torch::Tensor forward(const torch::Tensor& x);

 private:
  torch::Tensor weight_;
  torch::Tensor bias_;  // undefined for the root mean square
};
TORCH_MODULE(Norm);

}  // namespace matseq
