/// \file
/// Event files that TensorBoard shows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "files/file_descriptor.h"

namespace matseq {

/// Writes scalars by update. The format is TensorFlow's: records with a length and masked CRC-32C checksums, each a
/// protocol buffer `Event` (tensorflow/core/util/event.proto), of which scalars need five fields.
class TensorBoardWriter {
 public:
  /// Begins an event file in `folder`, or goes on with the one that is there: what it has of updates after
  /// `last_update`, or what a crash cut short, is dropped. Throws Error with path and reason, as `add` does.
  explicit TensorBoardWriter(const std::filesystem::path& folder,
                             std::int64_t last_update = std::numeric_limits<std::int64_t>::max());

  /// Adds the scalars of an update, rounded to float32 as TensorBoard stores them. Readers see them at once.
  void add(std::int64_t update, const std::vector<std::pair<std::string, double>>& scalars);

 private:
  FileDescriptor file_;
};

}  // namespace matseq
