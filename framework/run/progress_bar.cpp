#include "run/progress_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "run/duration_text.h"

namespace matseq {
namespace {

constexpr std::int64_t width = 30;
constexpr std::chrono::seconds bar_patience{2};

}  // namespace

std::string bar_text(const std::string& title, std::int64_t done, std::int64_t total, const std::string& unit,
                     double seconds_left) {
  const std::int64_t filled = std::clamp<std::int64_t>(width * done / std::max<std::int64_t>(total, 1), 0, width);
  const std::string left = duration_text(seconds_left);
  return fmt::format("{} [{:<{}}] {}/{} {}{}", title, std::string(static_cast<std::size_t>(filled), '#'), width, done,
                     total, unit, left.empty() ? "" : "  " + left + " left");
}

ProgressBar::ProgressBar(std::string title, std::int64_t total, std::string unit)
    : title_(std::move(title)), total_(total), unit_(std::move(unit)), line_(bar_interval) {}

void ProgressBar::show(std::int64_t done) {
  const Clock::time_point now = Clock::now();
  if (now - begin_ < bar_patience || !line_.due()) return;
  const double elapsed = std::chrono::duration<double>(now - begin_).count();
  const double left =
      elapsed / static_cast<double>(std::max<std::int64_t>(done, 1)) * static_cast<double>(total_ - done);
  line_.show(bar_text(title_, done, total_, unit_, left));
}

}  // namespace matseq
