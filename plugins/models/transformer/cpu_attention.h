/// \file
/// Attention on the CPU in one pass over each head.
#pragma once

#include "matseq/torch.h"

namespace matseq::transformer {

/// Whether `cpu_attention` can do the work: float32 in the memory of the CPU, the channels of a head side by side.
bool cpu_attention_applies(const torch::Tensor& queries, const torch::Tensor& keys, const torch::Tensor& values);

/// What scaled_dot_product_attention computes, to rounding, without dropout, with the heads of each position put side
/// by side: (batch x length, heads x head width).
///
/// `visible` is undefined or (batch, 1, 1, keys); in each row the visible keys stand before the others, as padding is
/// at the end. LibTorch makes a small matrix product of its own, with all that goes with one, of every head of every
/// sentence, and copies to bring heads together and apart; here a head is read and written where it stands.
torch::Tensor cpu_attention(const torch::Tensor& queries, const torch::Tensor& keys, const torch::Tensor& values,
                            const torch::Tensor& visible, bool causal);

}  // namespace matseq::transformer
