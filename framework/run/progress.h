/// \file
/// What a person sees while a run trains.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <spdlog/logger.h>

#include "run/terminal_line.h"

namespace matseq {

/// Log lines to a file and to standard error; on a terminal, a bar with the time left under them.
class Progress {
 public:
  /// Appends to `log_file`.
  explicit Progress(const std::string& log_file);

  void line(const std::string& text);
  void warning(const std::string& text);
  /// Redraws the bar, at most some times a second: `done` of `total` updates of this epoch.
  void bar(std::int64_t epoch, std::int64_t done, std::int64_t total, double loss);

 private:
  using Clock = std::chrono::steady_clock;
  std::shared_ptr<spdlog::logger> logger_;
  TerminalLine bar_line_;
  std::int64_t bar_epoch_ = -1;
  std::int64_t bar_first_ = 0;
  Clock::time_point bar_begin_;
};

}  // namespace matseq
