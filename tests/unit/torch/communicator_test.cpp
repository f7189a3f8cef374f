// Ranks as threads of one process, which speak through LibTorch's process groups.
#include "distributed/tensors/communicator.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "distributed/network_address.h"
#include "distributed/tensors/process_groups.h"
#include "distributed/tensors/signs_of_life.h"
#include "matseq/error.h"
#include "threads/stop_request.h"

namespace matseq {
namespace {

using std::chrono::milliseconds;

std::string failure_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Stopped&) {
    return "stopped";
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

/// Does the work of every rank at once.
void with_ranks(std::size_t size, const std::function<void(Communicator&)>& work,
                milliseconds timeout = milliseconds(20'000)) {
  const std::uint16_t port = free_port();
  std::vector<std::thread> threads;
  for (std::size_t rank = 0; rank < size; ++rank) {
    threads.emplace_back([=, &work] {
      RankPlace place;
      place.rank = rank;
      place.size = place.local_size = size;
      place.address = "127.0.0.1";
      place.port = port;
      std::unique_ptr<Communicator> ranks;
      ASSERT_EQ(failure_of([&] { ranks = meet(place, timeout); }), "");
      work(*ranks);
      failure_of([&] { ranks->gather(""); });  // nobody leaves before the others are done
    });
  }
  for (std::thread& thread : threads) thread.join();
}

/// Numbers of very different sizes, so that the order in which they are added shows.
std::vector<torch::Tensor> tensors_of(std::size_t rank) {
  torch::Generator generator = at::detail::createCPUGenerator(100 + rank);
  std::vector<torch::Tensor> tensors;
  for (const std::int64_t size : {1, 7, 1000, 1'500'000}) {
    const torch::Tensor digits = torch::rand({size}, generator), scale = torch::rand({size}, generator);
    tensors.push_back((digits - 0.5) * torch::exp2((scale - 0.5) * 20));
  }
  tensors.push_back(tensors.back().slice(0, 0, 6).view({2, 3}).clone());
  return tensors;
}

TEST(Communicator, AddsUpInOneTree) {
  for (const std::size_t size : {2U, 4U}) {
    std::vector<torch::Tensor> expected = tensors_of(0);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const auto of = [i](std::size_t rank) { return tensors_of(rank)[i]; };
      expected[i] = size == 2 ? of(0) + of(1) : (of(0) + of(1)) + (of(2) + of(3));
    }
    std::mutex mutex;
    with_ranks(size, [&](Communicator& ranks) {
      for (int again = 0; again < 2; ++again) {
        const std::vector<torch::Tensor> own = tensors_of(ranks.rank());
        ranks.add_up(own);
        const std::scoped_lock lock(mutex);
        for (std::size_t i = 0; i < own.size(); ++i) {
          EXPECT_TRUE(torch::equal(own[i], expected[i])) << "tensor " << i << " of rank " << ranks.rank();
        }
      }
    });
  }
}

TEST(Communicator, GathersBytesAndSums) {
  with_ranks(3, [](Communicator& ranks) {
    const std::string own(ranks.rank() * 1000, static_cast<char>('a' + ranks.rank()));
    EXPECT_EQ(ranks.gather(own), (std::vector<std::string>{"", std::string(1000, 'b'), std::string(2000, 'c')}));
    const auto rank = static_cast<double>(ranks.rank());
    EXPECT_EQ(ranks.sum({1, rank}), (std::vector<double>{3, 3}));
  });
}

TEST(Communicator, WhatFailsOnOneFailsOnAll) {
  with_ranks(2, [](Communicator& ranks) {
    const bool is_second = ranks.rank() == 1;
    const std::string wrong = failure_of([&] {
      gather_in_step(ranks, [&]() -> std::string {
        if (is_second) throw Error("no such file");
        return "fine";
      });
    });
    EXPECT_EQ(wrong, is_second ? "no such file" : "rank 1 has failed: no such file");
    const std::string again = failure_of([&] {
      sum_in_step(ranks, 2, [&]() -> std::vector<double> {
        if (is_second) throw Error("no such number");
        return {1, 2};
      });
    });
    EXPECT_EQ(again, is_second ? "no such number" : "rank 1 has failed: no such number");
    EXPECT_EQ(failure_of([&] {
                sum_in_step(ranks, 1, [&]() -> std::vector<double> {
                  if (is_second) throw Stopped();
                  return {1};
                });
              }),
              "stopped");
    const std::string first = failure_of([&] { do_on_first(ranks, [] { throw Error("disk full"); }); });
    EXPECT_EQ(first, is_second ? "rank 0 has failed: disk full" : "disk full");
    // And they are in step afterwards.
    EXPECT_EQ(sum_in_step(ranks, 1, [] { return std::vector<double>{2}; }), std::vector<double>{4});
  });
}

TEST(Communicator, AloneThereIsNothingToExchange) {
  Communicator& alone = no_other_ranks();
  EXPECT_EQ(alone.gather("x"), std::vector<std::string>{"x"});
  EXPECT_EQ(failure_of([&] { do_on_first(alone, [] { throw Error("disk full"); }); }), "disk full");
}

TEST(Communicator, ARankThatDoesNotComeIsNamed) {
  const auto late = [](Communicator& ranks) {
    if (ranks.rank() == 1) std::this_thread::sleep_for(milliseconds(6000));
    return failure_of([&] { ranks.sum({1}); });
  };
  std::string failure, of_late;
  with_ranks(
      2, [&](Communicator& ranks) { (ranks.rank() == 0 ? failure : of_late) = late(ranks); }, milliseconds(3000));
  EXPECT_NE(failure.find("the others wait for rank 1 of 2"), std::string::npos) << failure;
  EXPECT_NE(of_late, "");
}

TEST(Communicator, RanksThatDoNotMeetSaySo) {
  RankPlace place;
  place.size = 2;
  place.rank = 1;
  place.address = "127.0.0.1";
  place.port = free_port();
  const std::string failure = failure_of([&] { meet(place, milliseconds(1000)); });
  EXPECT_NE(failure.find("rank 1 of 2 has not met the others at 127.0.0.1:"), std::string::npos) << failure;
}

class MemoryStore : public KeyValueStore {
 public:
  void set(const std::string& key, const std::string& value) override {
    const std::scoped_lock lock(mutex_);
    values_[key] = value;
  }
  std::optional<std::string> get(const std::string& key) override {
    const std::scoped_lock lock(mutex_);
    if (gone) throw std::runtime_error("connection refused");
    const auto found = values_.find(key);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
  }

  bool gone = false;

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> values_;
};

TEST(SignsOfLife, TellWhoIsGoneWhoIsBehindAndWhoKnowsMore) {
  const auto store = std::make_shared<MemoryStore>();
  const auto signs_of = [&](std::size_t rank) {
    return std::make_shared<SignsOfLife>(store, rank, 4, milliseconds(20), "rank 0 at n1:1");
  };
  const auto first = signs_of(0), second = signs_of(1);
  auto third = signs_of(2), fourth = signs_of(3);
  first->begin_exchange();
  second->begin_exchange();
  third->begin_exchange();
  std::this_thread::sleep_for(milliseconds(60));
  EXPECT_EQ(SignsOfLife::explain(second, "broken pipe"),
            "the others wait for rank 3 of 4, which runs, but has not come to this exchange");
  EXPECT_EQ(SignsOfLife::explain(first, "broken pipe"),
            "rank 1 has left: the others wait for rank 3 of 4, which runs, but has not come to this exchange");
  third.reset();
  EXPECT_EQ(SignsOfLife::explain(first, "broken pipe"),
            "no sign of life from rank 2 of 4: ended, stopped, or cut off by machine or network");
  fourth.reset();
  EXPECT_EQ(SignsOfLife::explain(first, "broken pipe"),
            "no sign of life from ranks 2, 3 of 4: ended, stopped, or cut off by machine or network");
  store->gone = true;
  EXPECT_EQ(SignsOfLife::explain(second, "broken pipe"), "rank 0 at n1:1 cannot be reached any more");
}

}  // namespace
}  // namespace matseq
