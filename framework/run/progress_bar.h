/// \file
/// How far something long has come, on a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "run/terminal_line.h"

namespace matseq {

/// "evaluating [#####     ] 50/100 examples  3 s left".
std::string bar_text(const std::string& title, std::int64_t done, std::int64_t total, const std::string& unit,
                     double seconds_left);

/// Between one drawing of a bar and the next.
inline constexpr std::chrono::milliseconds bar_interval{200};

/// A bar on standard error, if that is a terminal, from two seconds on. It goes away with the object.
class ProgressBar {
 public:
  ProgressBar(std::string title, std::int64_t total, std::string unit);

  /// Redraws it, at most some times a second.
  void show(std::int64_t done);

 private:
  using Clock = std::chrono::steady_clock;

  std::string title_;
  std::int64_t total_;
  std::string unit_;
  TerminalLine line_;
  Clock::time_point begin_ = Clock::now();
};

}  // namespace matseq
