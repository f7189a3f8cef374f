/// \file
/// Which instructions compute on the CPU: others give other last bits.
#pragma once

#include <string>

namespace matseq {

/// What matseq's own kernels were compiled for: "AVX-512", "AVX2" or "SSE".
const char* own_instruction_set();

/// What LibTorch says of itself, "CPU capability usage: AVX512".
std::string libtorch_instruction_set();

/// The file of the library that has the BLAS's functions, which LibTorch may have within.
std::string blas_library();

/// The kernels of OpenBLAS, "SkylakeX"; empty where the BLAS is another.
std::string blas_kernels();

}  // namespace matseq
