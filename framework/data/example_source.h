/// \file
/// Numbered examples as token sequences, wherever they come from.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tokens/vocabulary.h"

namespace matseq {

/// The two sequences of an example as token ids, without the boundary tokens that begin and end them in a batch.
struct SequencePair {
  std::vector<TokenId> source;
  std::vector<TokenId> target;
};

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
};

}  // namespace matseq
