#include "contracts/trials.h"

#include <fmt/format.h>

#include <cmath>
#include <future>
#include <vector>

#include "threads/async.h"

namespace matseq {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t trial_threads = 4;
constexpr std::chrono::milliseconds time_of_threads{250};
constexpr std::chrono::milliseconds time_of_throughput{200};

/// "1,234,000": three digits that count, in groups.
std::string grouped(double number) {
  const double unit = number >= 100 ? std::pow(10.0, std::floor(std::log10(number)) - 2) : 1;
  std::string digits = fmt::format("{:.0f}", std::round(number / unit) * unit);
  for (std::size_t place = digits.size(); place > 3; place -= 3) digits.insert(place - 3, ",");
  return digits;
}

}  // namespace

void try_threads(const std::function<void(std::size_t)>& body) {
  const Clock::time_point end = Clock::now() + time_of_threads;
  std::vector<std::future<void>> threads;
  for (std::size_t i = 0; i < trial_threads; ++i) {
    threads.push_back(start_async([&body, i, end] {
      do body(i);
      while (Clock::now() < end);
    }));
  }
  for (std::future<void>& thread : threads) thread.get();  // those that are left are waited for by their destructors
}

std::string throughput(const std::string& things, double each, const std::function<void(std::size_t)>& work) {
  const Clock::time_point begin = Clock::now();
  std::size_t count = 0;
  do work(count++);
  while (Clock::now() < begin + time_of_throughput);
  const std::chrono::duration<double> seconds = Clock::now() - begin;
  return fmt::format("{} {}/s", grouped(each * static_cast<double>(count) / seconds.count()), things);
}

}  // namespace matseq
