// Every member of a team runs every round once, on its own thread, set up as it was asked; failures reach the caller.
#include "threads/thread_team.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace matseq {
namespace {

TEST(ThreadTeam, EveryMemberRunsEveryRoundOnItsOwnThread) {
  for (const std::size_t size : {1U, 2U, 5U}) {
    ThreadTeam team(size);
    ASSERT_EQ(team.size(), size);
    std::vector<std::thread::id> threads(size);
    team.run([&](std::size_t member) { threads[member] = std::this_thread::get_id(); });
    EXPECT_EQ(threads[0], std::this_thread::get_id());
    EXPECT_EQ(std::set<std::thread::id>(threads.begin(), threads.end()).size(), size);

    std::vector<int> rounds(size, 0);  // without a lock: a member's is its own, and run() waits for all
    int sum = 0;
    for (int round = 1; round <= 200; ++round) {
      team.run([&](std::size_t member) {
        EXPECT_EQ(threads[member], std::this_thread::get_id());
        ++rounds[member];
      });
      for (const int done : rounds) sum += done;
      ASSERT_EQ(sum, static_cast<int>(size) * round * (round + 1) / 2);
    }
  }
}

TEST(ThreadTeam, TheFirstMembersFailureIsThrownWhenAllAreDone) {
  ThreadTeam team(4);
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> done = 0;
    try {
      team.run([&](std::size_t member) {
        ++done;
        if (member >= 1) throw std::runtime_error("member " + std::to_string(member));
      });
      FAIL() << "no error";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "member 1");
    }
    EXPECT_EQ(done, 4);
    team.run([&](std::size_t) { ++done; });
    EXPECT_EQ(done, 8);
  }
}

TEST(ThreadTeam, ThreadsAreSetUpWhileTheyWork) {
  static thread_local int depth = 0;
  std::atomic<int> set_up = 0;
  std::atomic<int> undone = 0;
  {
    ThreadTeam team(3, [&] {
      ++depth;
      ++set_up;
      return std::shared_ptr<void>(nullptr, [&](void*) {
        --depth;
        ++undone;
      });
    });
    for (int round = 0; round < 10; ++round) {
      EXPECT_EQ(depth, 0);
      team.run([&](std::size_t) { EXPECT_EQ(depth, 1); });
    }
    EXPECT_EQ(depth, 0);
    EXPECT_EQ(set_up, 2 + 10);
    EXPECT_EQ(undone, 10);
  }
  EXPECT_EQ(undone, 12);
}

}  // namespace
}  // namespace matseq
