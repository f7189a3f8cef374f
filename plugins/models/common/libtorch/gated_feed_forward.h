/// \file
/// Position-wise feed-forward networks of several kinds.
#pragma once

#include <cstdint>
#include <string>

#include "common/libtorch/linear.h"
#include "matseq/torch.h"

namespace matseq {

/// SwiGLU (Shazeer, 2020), 8/3 of the width inside, or one hidden layer of four times the width with ReLU or its
/// square (So et al., 2021): as many weights.
class GatedFeedForwardImpl : public torch::nn::Module {
 public:
  /// `kind` is "swiglu", "squared_relu" or "relu".
  GatedFeedForwardImpl(std::int64_t width, std::string kind);
  torch::Tensor forward(const torch::Tensor& x);

 private:
  std::string kind_;
  Linear inner_;
  Linear gate_{nullptr};
  Linear output_;
};
TORCH_MODULE(GatedFeedForward);

}  // namespace matseq
