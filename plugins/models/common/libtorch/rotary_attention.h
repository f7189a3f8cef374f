/// \file
/// Attention that may know positions by angles.
#pragma once

#include <cstdint>

#include "common/libtorch/attention.h"
#include "common/libtorch/linear.h"
#include "common/libtorch/norm.h"
#include "matseq/torch.h"

namespace matseq {

/// Attention without biases, perhaps with normalised queries and keys (Henry et al., 2020) and rotary positions (Su et
/// al., 2021), Sequences are (batch, length, width).
class RotaryAttentionImpl : public torch::nn::Module {
 public:
  RotaryAttentionImpl(std::int64_t width, std::int64_t heads, bool rotary, bool normalised);

  /// (batch, heads, length, head width); the sequence begins at position `first`.
  torch::Tensor queries(const torch::Tensor& sequence, std::int64_t first);
  KeysValues keys_values(const torch::Tensor& sequence, std::int64_t first);

  /// (batch, length, width). `visible` and `causal` as in scaled_dot_product_attention.
  torch::Tensor attend(const torch::Tensor& queries, const KeysValues& source, const torch::Tensor& visible,
                       bool causal);

 private:
  torch::Tensor split_heads(const torch::Tensor& sequence) const;

  std::int64_t heads_;
  bool rotary_;
  Linear query_;
  Linear key_;
  Linear value_;
  Linear output_;
  Norm query_norm_{nullptr};
  Norm key_norm_{nullptr};
};
TORCH_MODULE(RotaryAttention);

}  // namespace matseq
