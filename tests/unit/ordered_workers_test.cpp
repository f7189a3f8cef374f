// Pieces come in order whoever made them, only so far ahead as asked, and what was given out is left alone.
#include "threads/ordered_workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "threads/stop_request.h"

namespace matseq {
namespace {

OrderedWork work_with(std::size_t workers, std::uint64_t pieces = 100) {
  OrderedWork work;
  work.pieces = pieces;
  work.workers = workers;
  work.ahead = 3;
  work.in_use = 2;
  return work;
}

class OrderedWorkersTest : public ::testing::TestWithParam<std::size_t> {};

TEST_P(OrderedWorkersTest, GivesEveryPieceOnceInOrderAndLeavesTheOneBefore) {
  const OrderedWork work = work_with(GetParam());
  std::vector<std::vector<std::uint64_t>> slots(OrderedWorkers::slots(work));
  OrderedWorkers workers(work, [&](std::size_t slot, std::uint64_t piece) {
    if (piece % 7 == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));  // others overtake
    slots[slot].assign(5, piece);
  });
  std::size_t before = 0;
  for (std::uint64_t piece = 0; piece < 100; ++piece) {
    const std::optional<std::size_t> slot = workers.next();
    ASSERT_TRUE(slot);
    EXPECT_EQ(slots[*slot], std::vector<std::uint64_t>(5, piece));
    if (piece > 0) {
      EXPECT_EQ(slots[before], std::vector<std::uint64_t>(5, piece - 1));
    }
    before = *slot;
  }
  EXPECT_FALSE(workers.next());
  EXPECT_FALSE(workers.next());
}

TEST_P(OrderedWorkersTest, GoesNoFurtherAheadThanAsked) {
  for (int taken = 0; taken < 5; ++taken) {
    const OrderedWork work = work_with(GetParam(), UINT64_MAX);
    std::atomic<std::uint64_t> made = 0;
    {
      OrderedWorkers workers(work, [&](std::size_t, std::uint64_t) { ++made; });
      for (int i = 0; i < taken; ++i) workers.next();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_LE(made, static_cast<std::uint64_t>(taken) + 3 * GetParam());
    EXPECT_GE(made, static_cast<std::uint64_t>(taken));
  }
}

TEST_P(OrderedWorkersTest, AFailureIsThrownForItsPieceOnly) {
  const OrderedWork work = work_with(GetParam(), 30);
  OrderedWorkers workers(work, [](std::size_t, std::uint64_t piece) {
    if (piece % 10 == 3) throw std::runtime_error("piece " + std::to_string(piece));
  });
  for (std::uint64_t piece = 0; piece < 30; ++piece) {
    if (piece % 10 != 3) {
      EXPECT_TRUE(workers.next());
      continue;
    }
    try {
      workers.next();
      FAIL() << "no error";
    } catch (const std::runtime_error& error) {
      EXPECT_EQ(error.what(), "piece " + std::to_string(piece));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Workers, OrderedWorkersTest, ::testing::Values(0, 1, 2, 16));

TEST(OrderedWorkers, ARequestToStopEndsTheWaitForALongPiece) {
  std::atomic<bool> release = false;
  {
    OrderedWorkers workers(work_with(1), [&](std::size_t, std::uint64_t piece) {
      while (piece == 1 && !release) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    });
    EXPECT_TRUE(workers.next());
    request_stop(SIGTERM);
    EXPECT_THROW(workers.next(), Stopped);
    release = true;
  }
  withdraw_stop_request();
}

}  // namespace
}  // namespace matseq
