#include "distributed/tensors/signs_of_life.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <exception>
#include <future>
#include <system_error>
#include <utility>

#include "threads/thread_failure.h"

namespace matseq {
namespace {

/// After so many without a sign a rank counts as gone.
constexpr int silent_intervals = 3;
constexpr int longest_stay = 6;  ///< intervals, of rank 0 for the others
constexpr std::chrono::seconds answer_time{3};

std::string beat_key(std::size_t rank) { return fmt::format("matseq/beat/{}", rank); }
std::string left_key(std::size_t rank) { return fmt::format("matseq/left/{}", rank); }

std::string names(const std::vector<std::size_t>& ranks) {
  return fmt::format("{} {}", ranks.size() == 1 ? "rank" : "ranks", fmt::join(ranks, ", "));
}

}  // namespace

SignsOfLife::SignsOfLife(std::shared_ptr<KeyValueStore> store, std::size_t rank, std::size_t size,
                         std::chrono::milliseconds interval, std::string keeper)
    : store_(std::move(store)), rank_(rank), size_(size), interval_(interval), keeper_(std::move(keeper)) {
  give_sign();  // so that all have given one when they meet
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& failure) {
    throw_thread_failure(failure);
  }
}

SignsOfLife::~SignsOfLife() {
  {
    const std::scoped_lock lock(mutex_);
    end_ = true;
  }
  ended_.notify_all();
  thread_.join();
}

/// False when it is to end before the time is over.
bool SignsOfLife::wait(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !ended_.wait_for(lock, time, [this] { return end_; });
}

void SignsOfLife::run() {
  while (wait(interval_)) {
    try {
      give_sign();
    } catch (const std::exception&) {
      // Whoever exchanges something notices when its keeper is gone.
    }
  }
}

void SignsOfLife::give_sign() {
  store_->set(beat_key(rank_), fmt::format("{} {}", beats_++, exchanges_.load(std::memory_order_relaxed)));
}

std::vector<SignsOfLife::Sign> SignsOfLife::read_signs() {
  std::vector<Sign> signs(size_);
  for (std::size_t rank = 0; rank < size_; ++rank) {
    if (rank == rank_) continue;
    Sign& sign = signs[rank];
    sign.beat = store_->get(beat_key(rank)).value_or("");
    const std::size_t blank = sign.beat.find(' ');
    if (blank != std::string::npos) sign.exchanges = std::strtoull(sign.beat.c_str() + blank, nullptr, 10);
    sign.left = store_->get(left_key(rank)).value_or("");
  }
  return signs;
}

std::string SignsOfLife::explanation(const std::string& error) {
  const std::vector<Sign> before = read_signs();
  std::this_thread::sleep_for(silent_intervals * interval_);
  const std::vector<Sign> after = read_signs();
  std::vector<std::size_t> silent, behind;
  const std::uint64_t own = exchanges_.load();
  for (std::size_t rank = 0; rank < size_; ++rank) {
    if (rank == rank_ || !after[rank].left.empty()) continue;
    if (after[rank].beat == before[rank].beat) silent.push_back(rank);
    if (after[rank].exchanges < own) behind.push_back(rank);
  }
  if (!silent.empty()) {
    return fmt::format("no sign of life from {} of {}: ended, stopped, or cut off by machine or network", names(silent),
                       size_);
  }
  // Who left first knows why; the others only that it left.
  for (std::size_t rank = 0; rank < size_; ++rank) {
    if (!after[rank].left.empty()) return fmt::format("rank {} has left: {}", rank, after[rank].left);
  }
  if (!behind.empty()) {
    return fmt::format("the others wait for {} of {}, which runs, but has not come to this exchange", names(behind),
                       size_);
  }
  return fmt::format("the connection to another rank has failed: {}", error);
}

/// Until all others have left or are gone, since with this rank the store ends.
void SignsOfLife::linger() {
  std::vector<Sign> before = read_signs();
  for (int stay = 0; stay < longest_stay; stay += silent_intervals) {
    std::this_thread::sleep_for(silent_intervals * interval_);
    const std::vector<Sign> after = read_signs();
    bool alone = true;
    for (std::size_t rank = 0; rank < size_; ++rank) {
      const bool gone = rank == rank_ || !after[rank].left.empty() || after[rank].beat == before[rank].beat;
      alone = alone && gone;
    }
    if (alone) return;
    before = after;
  }
}

std::string SignsOfLife::explain_to_all(const std::string& error) {
  const std::string text = explanation(error);
  store_->set(left_key(rank_), text);
  if (rank_ == 0) linger();
  return text;
}

std::string SignsOfLife::explain(const std::shared_ptr<SignsOfLife>& signs, const std::string& error) {
  // A store that does not answer may keep its caller for ever: then that is a thread nobody waits for.
  const auto told = std::make_shared<std::promise<std::string>>();
  std::future<std::string> text = told->get_future();
  std::thread([signs, told, error] {
    try {
      told->set_value(signs->explain_to_all(error));
    } catch (const std::exception&) {
      told->set_value("");
    }
  }).detach();
  const std::chrono::milliseconds most = (longest_stay + 3 * silent_intervals) * signs->interval_ + answer_time;
  if (text.wait_for(most) == std::future_status::ready) {
    const std::string known = text.get();
    if (!known.empty()) return known;
  }
  return fmt::format("{} cannot be reached any more", signs->keeper_);
}

}  // namespace matseq
