#include "process_memory.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace matseq {

void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int largest_kept = 32 << 20;  // the most that glibc takes
  constexpr int most_kept = 1 << 30;
  mallopt(M_MMAP_THRESHOLD, largest_kept);
  mallopt(M_TRIM_THRESHOLD, most_kept);
#endif
}

}  // namespace matseq
