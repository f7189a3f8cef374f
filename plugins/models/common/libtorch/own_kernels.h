/// \file
/// When models compute by kernels of their own instead of LibTorch's operations.
#pragma once

#include "matseq/torch_compatibility.h"

namespace matseq {

/// In float32 on one thread of a CPU: on several the order of sums would depend on their number.
inline bool is_for_own_kernels(const torch::Tensor& x) {
  return x.is_cpu() && x.scalar_type() == torch::kFloat32 && x.numel() > 0 && torch::get_num_threads() == 1 &&
         !is_autocasting(torch::kCPU);
}

}  // namespace matseq
