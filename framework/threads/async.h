/// \file
/// One piece of work on a thread of its own.
#pragma once

#include <future>
#include <system_error>
#include <utility>

#include "threads/thread_failure.h"

namespace matseq {

/// Begins `work()` on a thread of its own; the future's end waits for it. Throws Error when the thread cannot be
/// started.
template <typename Work>
auto start_async(Work&& work) {
  try {
    return std::async(std::launch::async, std::forward<Work>(work));
  } catch (const std::system_error& failure) {
    throw_thread_failure(failure);
  }
}

}  // namespace matseq
