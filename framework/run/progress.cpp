#include "run/progress.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <limits>
#include <mutex>
#include <string_view>

#include "files/file_descriptor.h"
#include "run/progress_bar.h"
#include "threads/stop_signals.h"

namespace matseq {
namespace {

constexpr double unknown_time = std::numeric_limits<double>::quiet_NaN();

/// Appends to a file, which is no symbolic link to another.
class LogFile : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit LogFile(const std::string& file) : file_(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text;
    formatter_->format(message, text);
    file_.write(std::string_view(text.data(), text.size()));
  }
  void flush_() override {}

 private:
  FileDescriptor file_;
};

}  // namespace

Progress::Progress(const std::string& log_file) : bar_line_(bar_interval) {
  auto file = std::make_shared<LogFile>(log_file);
  auto console = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  logger_ = std::make_shared<spdlog::logger>("train", spdlog::sinks_init_list{file, console});
  logger_->set_pattern("%Y-%m-%d %H:%M:%S  %v");
  logger_->flush_on(spdlog::level::info);
}

void Progress::line(const std::string& text) {
  bar_line_.clear();
  logger_->info("{}", text);
  notice_broken_pipe();
}

void Progress::warning(const std::string& text) {
  bar_line_.clear();
  logger_->warn("warning: {}", text);
  notice_broken_pipe();
}

void Progress::bar(std::int64_t epoch, std::int64_t done, std::int64_t total, double loss) {
  const auto now = Clock::now();
  if (epoch != bar_epoch_) {
    bar_epoch_ = epoch;
    bar_first_ = done;
    bar_begin_ = now;
  }
  if (!bar_line_.due()) return;
  const double elapsed = std::chrono::duration<double>(now - bar_begin_).count();
  const std::int64_t since = done - bar_first_;
  const double left =
      since > 0 ? elapsed / static_cast<double>(since) * static_cast<double>(total - done) : unknown_time;
  const std::string title = fmt::format("epoch {}  loss {:.4f} ", epoch, loss);
  bar_line_.show(bar_text(title, done, total, "updates", left));
}

}  // namespace matseq
