// Signals become requests to stop while somebody heeds them, and end the process otherwise. No handler runs.
#include "threads/stop_signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <thread>

#include "threads/stop_request.h"

namespace matseq {
namespace {

class StopSignals : public ::testing::Test {
 protected:
  StopSignals() {
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
    static const bool awaited = [] {
      for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) std::signal(signal, SIG_DFL);
      await_stop_signals();
      return true;
    }();
    EXPECT_TRUE(awaited);
  }

  static void expect_request(int signal) {
    const auto begin = std::chrono::steady_clock::now();
    while (!stop_requested() && std::chrono::steady_clock::now() - begin < std::chrono::seconds(20)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_EQ(stop_signal(), signal);
  }

  static void write_to_nobody() {
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    close(ends[0]);
    EXPECT_EQ(write(ends[1], "x", 1), -1);
    close(ends[1]);
  }
};

TEST_F(StopSignals, AreRequestsWhileTheyAreHeeded) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    const HeedStopSignals heed;
    EXPECT_FALSE(stop_requested()) << "an earlier request is withdrawn";
    EXPECT_NO_THROW(throw_if_stop_requested());
    ASSERT_EQ(kill(getpid(), signal), 0);
    expect_request(signal);
    EXPECT_THROW(throw_if_stop_requested(), Stopped);
  }
  withdraw_stop_request();
}

TEST_F(StopSignals, APipeThatNobodyReadsIsNoticed) {
  const HeedStopSignals heed;
  notice_broken_pipe();
  EXPECT_FALSE(stop_requested());
  write_to_nobody();
  notice_broken_pipe();
  EXPECT_EQ(stop_signal(), SIGPIPE);
  withdraw_stop_request();
}

TEST_F(StopSignals, EndTheProcessWhenNobodyHeedsThem) {
  const auto end_by = [](int signal) {
    kill(getpid(), signal);
    std::this_thread::sleep_for(std::chrono::seconds(20));
  };
  EXPECT_EXIT(end_by(SIGTERM), ::testing::KilledBySignal(SIGTERM), "");
  const auto end_by_pipe = [] {
    write_to_nobody();
    notice_broken_pipe();
  };
  EXPECT_EXIT(end_by_pipe(), ::testing::KilledBySignal(SIGPIPE), "");
}

TEST_F(StopSignals, ASecondOneEndsTheProcessAtOnce) {
  const auto end_by_second = [] {
    const HeedStopSignals heed;
    kill(getpid(), SIGTERM);
    std::this_thread::sleep_for(std::chrono::milliseconds(800));
    kill(getpid(), SIGTERM);
    std::this_thread::sleep_for(std::chrono::seconds(20));
  };
  EXPECT_EXIT(end_by_second(), ::testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace matseq
