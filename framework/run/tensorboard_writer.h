/// \file
/// Event files that TensorBoard shows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "files/file_descriptor.h"

namespace matseq {

/// Writes scalars by update. The format is TensorFlow's: records with a length and masked CRC-32C checksums, each a
/// protocol buffer `Event` (tensorflow/core/util/event.proto), of which scalars need five fields. All members throw
/// Error with path and reason when the system refuses something.
class TensorBoardWriter {
 public:
  /// A name for an event file that no file in `folder` has.
  static std::string free_name(const std::filesystem::path& folder);

  /// Goes on with the event file `name` in `folder` behind its first `size` bytes. It is not made before the first
  /// scalars; if it has fewer bytes than that, or is gone, or the name is empty, another one is begun. Symbolic links
  /// are not followed.
  TensorBoardWriter(const std::filesystem::path& folder, const std::string& name, std::uint64_t size);

  std::string name() const { return path_.filename().string(); }
  /// Bytes before the next record.
  std::uint64_t size() const { return size_; }

  /// Adds the scalars of an update, rounded to float32 as TensorBoard stores them. Readers see them at once.
  void add(std::int64_t update, const std::vector<std::pair<std::string, double>>& scalars);

  /// Waits until all is on the disk.
  void sync();

 private:
  void write(const std::string& event);

  std::filesystem::path path_;
  std::uint64_t size_;
  FileDescriptor file_;
};

}  // namespace matseq
