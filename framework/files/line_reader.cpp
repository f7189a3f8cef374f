#include "files/line_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "files/byte_order_mark.h"
#include "matseq/error.h"

namespace matseq {
namespace {

constexpr std::size_t first_buffer = std::size_t{1} << 16U;
/// What may come before and after the text of a line: a byte order mark and "\r\n".
constexpr std::size_t around_line = byte_order_mark.size() + 2;

}  // namespace

LineReader::LineReader(const FileDescriptor& file, std::uint64_t end, std::size_t longest, LinePlace begin)
    : file_(file), end_(end), longest_(longest), offset_(begin.offset), number_(begin.number - 1) {}

bool LineReader::next(std::string_view& line) {
  ++number_;
  std::size_t searched = begin_;
  const char* newline = nullptr;
  while (true) {
    if (searched < filled_) {
      newline = static_cast<const char*>(std::memchr(buffer_.data() + searched, '\n', filled_ - searched));
    }
    if (newline != nullptr) break;
    const std::size_t length = filled_ - begin_;
    if (length > longest_ + around_line) break;
    if (!fill()) break;
    searched = begin_ + length;
  }
  if (newline == nullptr && begin_ == filled_) return false;
  const std::size_t stop = newline == nullptr ? filled_ : static_cast<std::size_t>(newline - buffer_.data());
  line = {buffer_.data() + begin_, stop - begin_};
  begin_ = newline == nullptr ? filled_ : stop + 1;
  if (newline != nullptr && line.ends_with('\r')) line.remove_suffix(1);
  if (number_ == 1) line = without_byte_order_mark(line);
  if (line.size() > longest_) {
    refuse(fmt::format("the line is longer than {} bytes, which no example is", longest_));
  }
  return true;
}

/// Reads more behind what is left; false at the end.
bool LineReader::fill() {
  if (offset_ >= end_) return false;
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(filled_), buffer_.begin());
  filled_ -= begin_;
  begin_ = 0;
  if (filled_ == buffer_.size()) buffer_.resize(std::max(first_buffer, 2 * buffer_.size()));
  const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size() - filled_, end_ - offset_));
  file_.read(offset_, std::as_writable_bytes(std::span(buffer_).subspan(filled_, count)));
  filled_ += count;
  offset_ += count;
  return true;
}

void LineReader::refuse(const std::string& reason) const {
  throw Error(fmt::format("{}:{}: {}", file_.path().string(), number_, reason));
}

}  // namespace matseq
