/// \file
/// oneDNN's matrix product, which LibTorch brings along but does not declare. No LibTorch.
#pragma once

#include <dlfcn.h>

#include <cstdint>

namespace matseq::transformer::cpu {

/// Of row-major matrices, C = alpha op(A) op(B) + beta C; op is chosen by 'N' or 'T'. Returns 0 on success.
using OneDnnSgemm = int (*)(char op_a, char op_b, std::int64_t rows, std::int64_t columns, std::int64_t inner,
                            float alpha, const float* a, std::int64_t row_length_a, const float* b,
                            std::int64_t row_length_b, float beta, float* c, std::int64_t row_length_c);

/// Null where the loaded LibTorch does not export it.
inline OneDnnSgemm onednn() {
  static const auto found = reinterpret_cast<OneDnnSgemm>(dlsym(RTLD_DEFAULT, "dnnl_sgemm"));
  return found;
}

}  // namespace matseq::transformer::cpu
