/// \file
/// A pipe to another process.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <system_error>

#include "matseq/error.h"

namespace matseq {

/// Owns both ends, which are closed in programs that are started.
struct Pipe {
  /// Throws Error when the system has none.
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
      throw Error(fmt::format("no pipe can be made: {}", std::generic_category().message(errno)));
    }
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void close_end(std::size_t end) {
    if (ends[end] >= 0) ::close(ends[end]);
    ends[end] = -1;
  }

  std::array<int, 2> ends = {-1, -1};  ///< to read from, to write to
};

}  // namespace matseq
