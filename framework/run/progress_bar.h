/// \file
/// How far something long has come, on a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace matseq {

/// "evaluating  [#####     ] 50/100 examples  3 s left": a line that the next one overwrites.
std::string bar_text(const std::string& title, std::int64_t done, std::int64_t total, const std::string& unit,
                     double seconds_left);

/// A bar on standard error, if that is a terminal, from two seconds on. It goes away with the object.
class ProgressBar {
 public:
  ProgressBar(std::string title, std::int64_t total, std::string unit);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// Redraws it, at most some times a second.
  void show(std::int64_t done);

 private:
  using Clock = std::chrono::steady_clock;

  std::string title_;
  std::int64_t total_;
  std::string unit_;
  bool terminal_;
  bool shown_ = false;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point last_;
};

}  // namespace matseq
