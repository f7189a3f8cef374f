#include "standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iostream>

#include "matseq/error.h"
#include "threads/stop_signals.h"

namespace matseq {

void open_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
    // The wrong way round: an empty input and an output that takes everything would hide that there is none. The lowest
    // free number is given out, which is this one.
    static_cast<void>(open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY));
  }
}

void check_standard_output() {
  std::cout.flush();
  std::fflush(stdout);
  notice_broken_pipe();
  if (!std::cout || std::ferror(stdout) != 0) {
    throw Error("standard output cannot be written: it is full or closed, and what was printed is not complete");
  }
}

}  // namespace matseq
