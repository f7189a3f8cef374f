// A limit of threads for a test program, as `ulimit -u` sets it for a user. To be included by one source of it.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <string>

#include "matseq/error.h"

namespace matseq::test {

inline std::atomic<int> threads_left = -1;  // negative: as many as the system gives

/// Expects that `start`, which may start only so many threads, says so.
inline void expect_thread_refusal(int threads, const std::function<void()>& start) {
  threads_left = threads;
  try {
    start();
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("a thread cannot be started"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("ulimit -u"), std::string::npos) << error.what();
  }
  threads_left = -1;
}

}  // namespace matseq::test

/// In place of the system's, which it calls.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                              void* argument) {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const Create create = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  if (matseq::test::threads_left == 0) return EAGAIN;
  if (matseq::test::threads_left > 0) --matseq::test::threads_left;
  return create(thread, attributes, start, argument);
}
