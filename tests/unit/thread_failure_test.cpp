// A thread that the system does not start is an error that says so, and those started before it are not left behind.
#include <gtest/gtest.h>

#include <memory>

#include "data/batch_pipeline.h"
#include "thread_limit.h"
#include "threads/async.h"
#include "threads/ordered_workers.h"
#include "threads/stop_signals.h"
#include "threads/thread_team.h"

namespace matseq {
namespace {

class NoExamples : public ExampleSource {
 public:
  void get(std::uint64_t, SequencePair& example) const override { example.source = example.target = {1}; }
};

TEST(ThreadFailure, IsAnErrorWhereverThreadsAreStarted) {
  for (const int threads : {0, 1, 2}) {
    test::expect_thread_refusal(threads, [] { ThreadTeam team(4); });
    test::expect_thread_refusal(threads, [] {
      OrderedWork work;
      work.pieces = UINT64_MAX;
      work.workers = 3;
      OrderedWorkers workers(work, [](std::size_t, std::uint64_t) {});
    });
    test::expect_thread_refusal(threads, [] {
      PipelineOptions options;
      options.workers = 3;
      BatchPipeline pipeline(std::make_shared<NoExamples>(), options);
    });
  }
  test::expect_thread_refusal(0, [] { start_async([] { return 1; }); });
  test::expect_thread_refusal(0, [] { await_stop_signals(); });
  EXPECT_EQ(start_async([] { return 1; }).get(), 1);
}

}  // namespace
}  // namespace matseq
