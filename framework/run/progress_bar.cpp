#include "run/progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "run/duration_text.h"
#include "threads/stop_signals.h"

namespace matseq {
namespace {

constexpr std::int64_t width = 30;
constexpr std::chrono::seconds bar_patience{2};
constexpr std::chrono::milliseconds interval{200};

}  // namespace

std::string bar_text(const std::string& title, std::int64_t done, std::int64_t total, const std::string& unit,
                     double seconds_left) {
  const std::int64_t filled = std::clamp<std::int64_t>(width * done / std::max<std::int64_t>(total, 1), 0, width);
  const std::string left = duration_text(seconds_left);
  return fmt::format("\r\033[K{} [{:<{}}] {}/{} {}{}", title, std::string(static_cast<std::size_t>(filled), '#'), width,
                     done, total, unit, left.empty() ? "" : "  " + left + " left");
}

ProgressBar::ProgressBar(std::string title, std::int64_t total, std::string unit)
    : title_(std::move(title)), total_(total), unit_(std::move(unit)), terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (!shown_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

void ProgressBar::show(std::int64_t done) {
  if (!terminal_) return;
  const Clock::time_point now = Clock::now();
  if (now - begin_ < bar_patience || now - last_ < interval) return;
  last_ = now;
  const double elapsed = std::chrono::duration<double>(now - begin_).count();
  const double left =
      elapsed / static_cast<double>(std::max<std::int64_t>(done, 1)) * static_cast<double>(total_ - done);
  std::fputs(bar_text(title_, done, total_, unit_, left).c_str(), stderr);
  std::fflush(stderr);
  notice_broken_pipe();
  shown_ = true;
}

}  // namespace matseq
