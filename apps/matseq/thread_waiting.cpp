#include "thread_waiting.h"

#include <cstdlib>

namespace matseq {

void let_idle_threads_sleep() {
  if (std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  setenv("OMP_WAIT_POLICY", "passive", /*overwrite=*/0);
}

}  // namespace matseq
