/// \file
/// Numbered examples as token sequences, wherever they come from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "run/example_counts.h"
#include "tokens/vocabulary.h"

namespace matseq {

/// A draw that was thrown away.
struct RejectedDraw {
  Rejection reason = Rejection::refused;
  std::string category;    ///< its class (Task::category)
  std::size_t length = 0;  ///< of the sequence that was too long, in tokens
};

/// The two sequences of an example as token ids, without the boundary tokens that begin and end them in a batch; and,
/// of an example that was drawn, what was thrown away on the way to it, which is as much a function of its number.
struct SequencePair {
  std::vector<TokenId> source;
  std::vector<TokenId> target;
  std::vector<RejectedDraw> rejected = {};  ///< in order; mostly none
  bool source_out_of_range = false;         ///< an input reaches the input encoding's limit
};

/// What became of these examples. `targets_not_decodable` is not counted here.
void count(const SequencePair& example, ExampleCounts& counts);

/// A data set: example k is the same whenever, wherever and in whatever order it is asked for.
class ExampleSource {
 public:
  ExampleSource() = default;
  ExampleSource(const ExampleSource&) = delete;
  ExampleSource& operator=(const ExampleSource&) = delete;
  virtual ~ExampleSource() = default;

  /// Writes example `number` >= 0. Called by several threads at once. Throws Error when it cannot be had.
  virtual void get(std::uint64_t number, SequencePair& example) const = 0;

  /// How many examples there are; none when they never end. Throws Error when that cannot be found out.
  virtual std::optional<std::uint64_t> size() const { return std::nullopt; }

  /// What a user should know of where they come from; empty when there is nothing to say.
  virtual std::string remark() const { return {}; }

  /// Tells files of other content apart; none for examples that come from no file. Computed while a file is read, so
  /// that asking costs nothing. Throws Error when the file cannot be read.
  virtual std::optional<std::uint32_t> checksum() const { return std::nullopt; }
};

}  // namespace matseq
