/// \file
/// What every head of an attention makes of its queries, keys and values.
#pragma once

#include "matseq/torch.h"

namespace matseq {

/// As scaled_dot_product_attention of torch_compatibility.h, with gradients; on one thread of a CPU in float32 by the
/// kernels of cpu/heads.h, head by head, in place of operations on all of them. `visible` is (batch, 1, 1 or length,
/// keys). The result lies as (batch, length, heads, head width) in memory.
torch::Tensor attend_heads(const torch::Tensor& queries, const torch::Tensor& keys, const torch::Tensor& values,
                           const torch::Tensor& visible, bool causal, double dropout);

}  // namespace matseq
