// LibTorch gets the threads that it is to use, or nobody waits for them.
#include <gtest/gtest.h>

#include "device/device.h"
#include "thread_limit.h"

namespace matseq {
namespace {

TEST(SetThreads, IsAnErrorWhenTheyCannotBeStarted) {
  set_threads(3);
  EXPECT_EQ(torch::get_num_threads(), 3);
  for (const int threads : {0, 1, 4}) test::expect_thread_refusal(threads, [] { set_threads(4); });
  EXPECT_EQ(torch::get_num_threads(), 3);
}

}  // namespace
}  // namespace matseq
