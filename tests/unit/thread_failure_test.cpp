// A thread that the system does not start is an error that says so, and those started before it are not left behind.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <memory>
#include <string>

#include "data/batch_pipeline.h"
#include "matseq/error.h"
#include "threads/async.h"
#include "threads/ordered_workers.h"
#include "threads/stop_signals.h"
#include "threads/thread_team.h"

namespace {

std::atomic<int> threads_left = -1;  // negative: as many as the system gives

}  // namespace

/// In place of the system's, which it calls: there are as many threads as the test allows, as with `ulimit -u`.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                              void* argument) {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const Create create = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  if (threads_left == 0) return EAGAIN;
  if (threads_left > 0) --threads_left;
  return create(thread, attributes, start, argument);
}

namespace matseq {
namespace {

class NoExamples : public ExampleSource {
 public:
  void get(std::uint64_t, SequencePair& example) const override { example.source = example.target = {1}; }
};

void expect_refusal(int threads, const std::function<void()>& start) {
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

TEST(ThreadFailure, IsAnErrorWhereverThreadsAreStarted) {
  for (const int threads : {0, 1, 2}) {
    expect_refusal(threads, [] { ThreadTeam team(4); });
    expect_refusal(threads, [] {
      OrderedWork work;
      work.pieces = UINT64_MAX;
      work.workers = 3;
      OrderedWorkers workers(work, [](std::size_t, std::uint64_t) {});
    });
    expect_refusal(threads, [] {
      PipelineOptions options;
      options.workers = 3;
      BatchPipeline pipeline(std::make_shared<NoExamples>(), options);
    });
  }
  expect_refusal(0, [] { start_async([] { return 1; }); });
  expect_refusal(0, [] { await_stop_signals(); });
  EXPECT_EQ(start_async([] { return 1; }).get(), 1);
}

}  // namespace
}  // namespace matseq
