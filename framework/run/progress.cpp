#include "run/progress.h"

#include <fmt/format.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "matseq/error.h"
#include "threads/stop_signals.h"

namespace matseq {
namespace {

constexpr std::chrono::milliseconds bar_interval{200};
constexpr std::int64_t bar_width = 30;

std::string duration_text(double seconds) {
  const auto total = static_cast<std::int64_t>(std::clamp(seconds, 0.0, 3.6e8));
  return fmt::format("{}:{:02}:{:02}", total / 3600, total / 60 % 60, total % 60);
}

}  // namespace

Progress::Progress(const std::string& log_file) : terminal_(isatty(STDERR_FILENO) == 1) {
  try {
    auto file = std::make_shared<spdlog::sinks::basic_file_sink_mt>(log_file, false);
    auto console = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    logger_ = std::make_shared<spdlog::logger>("train", spdlog::sinks_init_list{file, console});
  } catch (const spdlog::spdlog_ex& error) {
    throw Error(fmt::format("{}: cannot be written: {}", log_file, error.what()));
  }
  logger_->set_pattern("%Y-%m-%d %H:%M:%S  %v");
  logger_->flush_on(spdlog::level::info);
}

Progress::~Progress() { clear_bar(); }

void Progress::line(const std::string& text) {
  clear_bar();
  logger_->info("{}", text);
  notice_broken_pipe();
}

void Progress::warning(const std::string& text) {
  clear_bar();
  logger_->warn("warning: {}", text);
  notice_broken_pipe();
}

void Progress::clear_bar() {
  if (!bar_shown_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  bar_shown_ = false;
}

void Progress::bar(std::int64_t epoch, std::int64_t done, std::int64_t total, double loss) {
  if (!terminal_) return;
  const auto now = Clock::now();
  if (epoch != bar_epoch_) {
    bar_epoch_ = epoch;
    bar_first_ = done;
    bar_begin_ = now;
  }
  if (now - last_bar_ < bar_interval) return;
  last_bar_ = now;
  const double elapsed = std::chrono::duration<double>(now - bar_begin_).count();
  const std::int64_t since = done - bar_first_;
  const std::string left =
      since > 0 ? duration_text(elapsed / static_cast<double>(since) * static_cast<double>(total - done)) : "?";
  const auto filled = static_cast<std::size_t>(bar_width * done / std::max<std::int64_t>(total, 1));
  const std::string text = fmt::format("\r\033[Kepoch {} [{:<{}}] {}/{} updates  loss {:.4f}  {} left", epoch,
                                       std::string(filled, '#'), bar_width, done, total, loss, left);
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
  notice_broken_pipe();
  bar_shown_ = true;
}

}  // namespace matseq
