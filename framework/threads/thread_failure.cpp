#include "threads/thread_failure.h"

#include <fmt/format.h>

#include "matseq/error.h"

namespace matseq {

void throw_thread_failure(const std::system_error& failure) {
  throw Error(
      fmt::format("a thread cannot be started: {}; fewer training.threads and data.workers may help, or a "
                  "higher limit of the user's processes (ulimit -u) or of the job's memory",
                  failure.code().message()));
}

}  // namespace matseq
