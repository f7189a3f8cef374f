/// \file
/// A line on a terminal that says how far something has come.
#pragma once

#include <chrono>
#include <string>

namespace matseq {

/// A line on standard error, if that is a terminal, which the next one overwrites. It goes away with the object.
class TerminalLine {
 public:
  /// `interval`: at least between one line and the next.
  explicit TerminalLine(std::chrono::milliseconds interval);
  ~TerminalLine();
  TerminalLine(const TerminalLine&) = delete;
  TerminalLine& operator=(const TerminalLine&) = delete;

  /// Whether it is time for the next one; never where there is no terminal.
  bool due() const;
  void show(const std::string& text);
  /// Makes room for other lines.
  void clear();

 private:
  std::chrono::milliseconds interval_;
  bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace matseq
