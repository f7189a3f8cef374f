#include "processor.h"

#include <cstdlib>

namespace matseq {

void choose_blas_kernels() {
#if defined(__x86_64__) && defined(__GNUC__)
  const bool has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (__builtin_cpu_is("amd") && has_avx512) setenv("OPENBLAS_CORETYPE", "SkylakeX", /*replace=*/0);
#endif
}

}  // namespace matseq
