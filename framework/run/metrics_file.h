/// \file
/// metrics.jsonl: one JSON object a line, with the update it belongs to.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

namespace matseq {

/// Appends lines, each flushed. A run that continues first drops the lines of updates and epochs after its checkpoint,
/// which it will write again: the file is then the same as that of a run that was never stopped.
class MetricsFile {
 public:
  MetricsFile(std::filesystem::path file, std::int64_t last_update,
              std::int64_t last_epoch = std::numeric_limits<std::int64_t>::max());

  /// The object must have "update". Throws Error when it cannot be written.
  void append(const nlohmann::ordered_json& line) const;

 private:
  std::filesystem::path file_;
};

}  // namespace matseq
