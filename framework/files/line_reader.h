/// \file
/// Reads a file of lines in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "files/file_descriptor.h"

namespace matseq {

/// Where a line begins.
struct LinePlace {
  std::uint64_t offset = 0;  ///< in bytes
  std::uint64_t number = 1;  ///< counted from 1
};

/// The lines of a regular file, from a place on. Several may read one file at the same time.
class LineReader {
 public:
  /// Reads `file`, which must outlive it, up to byte `end`. No line may have more than `longest` bytes.
  LineReader(const FileDescriptor& file, std::uint64_t end, std::size_t longest, LinePlace begin = {});

  /// The next line without its end ("\n" or "\r\n"; the last line may have none) and without a byte
  /// order mark before line 1, until the next call; false after the
  /// last. Throws Error for a line that is too long, as soon as that is known, and when the file cannot be read.
  bool next(std::string_view& line);

  /// Whether there is no further line.
  bool at_end() const { return begin_ == filled_ && offset_ >= end_; }

  /// Throws Error "FILE:LINE: REASON" about the line that `next` gave last, or was about to give.
  [[noreturn]] void refuse(const std::string& reason) const;

 private:
  bool fill();

  const FileDescriptor& file_;
  std::uint64_t end_;
  std::size_t longest_;
  std::uint64_t offset_;  ///< of the next byte to read
  std::uint64_t number_;  ///< of the line last given
  std::vector<char> buffer_;
  std::size_t begin_ = 0;   ///< of what is left in the buffer
  std::size_t filled_ = 0;  ///< its end
};

}  // namespace matseq
