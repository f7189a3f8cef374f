/// \file
/// metrics.jsonl: one JSON object a line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "files/file_descriptor.h"

namespace matseq {

/// Appends lines, each at once. A run that continues first drops the lines after its checkpoint, which it will write
/// again: the file is then the same as that of a run that was never stopped. Symbolic links are not followed. All
/// members throw Error when the system refuses something.
class MetricsFile {
 public:
  /// Goes on behind the first `size` bytes. The file is not made before the first line.
  MetricsFile(std::filesystem::path file, std::uint64_t size);

  /// Bytes before the next line: fewer than asked for when the file had lost some, and then only whole lines.
  std::uint64_t size() const { return size_; }

  void append(const nlohmann::ordered_json& line);

  /// Waits until all is on the disk.
  void sync();

 private:
  std::filesystem::path path_;
  std::uint64_t size_;
  FileDescriptor file_;
};

}  // namespace matseq
