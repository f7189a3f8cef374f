#include "run/terminal_line.h"

#include <unistd.h>

#include <cstdio>

#include "threads/stop_signals.h"

namespace matseq {
namespace {

constexpr const char* to_empty_line = "\r\033[K";

}  // namespace

TerminalLine::TerminalLine(std::chrono::milliseconds interval)
    : interval_(interval), terminal_(::isatty(STDERR_FILENO) == 1) {}

TerminalLine::~TerminalLine() { clear(); }

bool TerminalLine::due() const { return terminal_ && std::chrono::steady_clock::now() - last_ >= interval_; }

void TerminalLine::show(const std::string& text) {
  std::fputs((to_empty_line + text).c_str(), stderr);
  std::fflush(stderr);
  notice_broken_pipe();
  last_ = std::chrono::steady_clock::now();
  shown_ = true;
}

void TerminalLine::clear() {
  if (!shown_) return;
  std::fputs(to_empty_line, stderr);
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace matseq
