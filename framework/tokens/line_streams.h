/// \file
/// Reading and writing line by line, for the commands that stream.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <ostream>
#include <string>
#include <string_view>

namespace matseq {

/// Collects output and writes it in large pieces. What is left when it goes out of scope is written too, but only
/// `flush` reports failures.
class LineWriter {
 public:
  explicit LineWriter(std::ostream& output) : output_(output) {}
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  ~LineWriter();

  /// The text not yet written, to append a line to.
  std::string& text() { return text_; }
  /// Ends the line.
  void end_line();
  /// Writes everything to the stream and flushes it. Throws Error when it cannot be written.
  void flush();

 private:
  std::ostream& output_;
  std::string text_;
};

/// Appends the answer to `line` to `text`.
using LineAnswer = std::function<void(std::string_view line, std::string& text)>;

/// What is done with lines that have nothing but blanks.
enum class EmptyLines : std::uint8_t { answered, passed_over };

/// Answers every line of `input` (ended by "\n" or "\r\n"; a byte order mark before the first does not count) with one
/// line on `output`, in constant memory. Returns how many it answered. When no further input is ready the answers are
/// flushed: a person or program that waits for them gets them. An Error thrown by `answer` is thrown again with the
/// line's number, after the answers before it were written. `input` should be buffered and not tied to an output
/// (std::ios::sync_with_stdio(false), std::cin.tie(nullptr)).
std::uint64_t answer_lines(std::istream& input, std::ostream& output, const LineAnswer& answer,
                           EmptyLines empty = EmptyLines::answered);

}  // namespace matseq
