#include "blas_kernels.h"

#include <cstdlib>

namespace matseq {
namespace {

/// The name of OpenBLAS's kernels for the processor's vector instructions, whoever made it; null: leave the choice to
/// OpenBLAS.
const char* kernels_for_this_processor() {
#ifdef __x86_64__
  __builtin_cpu_init();
  const auto has_all_of_skylake = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
                                  __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                                  __builtin_cpu_supports("avx512vl");
  if (has_all_of_skylake) return "SkylakeX";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
  return nullptr;
}

}  // namespace

void choose_blas_kernels() {
  const char* kernels = kernels_for_this_processor();
  if (kernels != nullptr) setenv("OPENBLAS_CORETYPE", kernels, /*overwrite=*/0);
}

}  // namespace matseq
