/// \file
/// Examples of a data file that is held in memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "data/example_reader.h"
#include "data/example_source.h"
#include "data/example_table.h"

namespace matseq {

/// The examples of a file, all or the first few. In the file's order, example k is line k + 1 and there is an end.
/// Shuffled, there is none: examples k with equal k / (number of lines) are a pass, which has every line once, in an
/// order of its own that is a pure function of the key and the pass.
class FileExamples : public ExampleSource {
 public:
  static constexpr std::uint64_t all = UINT64_MAX;

  /// Reads the file, at most its first `limit` examples, and checks each. With a key they are shuffled. Throws Error
  /// with file and line, also when there is no example in it.
  FileExamples(const std::filesystem::path& file, const ExampleFormat& format, std::uint64_t limit,
               std::optional<std::uint64_t> key);

  void get(std::uint64_t number, SequencePair& example) const override;
  std::optional<std::uint64_t> size() const override;
  /// Says when the file has more than was read.
  std::string remark() const override;
  /// Of the examples that are used.
  std::optional<std::uint32_t> checksum() const override { return checksum_; }

 private:
  std::filesystem::path file_;
  std::optional<std::uint64_t> key_;
  ExampleTable table_;
  bool has_more_ = false;  ///< lines after the last that was read
  std::uint32_t checksum_ = 0;
};

}  // namespace matseq
