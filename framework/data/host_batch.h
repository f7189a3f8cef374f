/// \file
/// A batch of padded sequences in host memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "data/example_source.h"
#include "run/example_counts.h"

namespace matseq {

/// Gives memory for `tokens` int64 values; pinned where a GPU reads it.
using TokenMemory = std::function<std::shared_ptr<std::int64_t>(std::size_t tokens)>;

/// Memory on the heap.
TokenMemory heap_memory();

/// One side of a batch: `sequences` rows of `length` tokens, each row 0, its tokens, 0, then padding with 1.
struct PaddedSequences {
  std::shared_ptr<std::int64_t> tokens;   ///< (sequences, length), row after row
  std::shared_ptr<std::int64_t> lengths;  ///< (sequences), both boundary tokens included
  std::size_t sequences = 0;
  std::size_t length = 0;
  std::size_t total = 0;  ///< sum of lengths
  bool padded = false;    ///< some sequence is shorter than `length`
};

/// A batch: inputs and targets of the same examples. Its memory grows when it must and is kept.
class HostBatch {
 public:
  explicit HostBatch(TokenMemory memory) : memory_(std::move(memory)) {}

  /// Fills it with these examples, at least one.
  void assign(std::span<const SequencePair> examples);

  const PaddedSequences& source() const { return source_; }
  const PaddedSequences& target() const { return target_; }
  /// What was drawn and thrown away for these examples.
  const ExampleCounts& counts() const { return counts_; }
  std::uint64_t first_example() const { return first_example_; }
  void set_first_example(std::uint64_t number) { first_example_ = number; }

 private:
  void assign_side(std::span<const SequencePair> examples, std::vector<TokenId> SequencePair::*side,
                   PaddedSequences& padded, std::size_t& capacity) const;

  TokenMemory memory_;
  PaddedSequences source_;
  PaddedSequences target_;
  ExampleCounts counts_;
  std::size_t source_capacity_ = 0;
  std::size_t target_capacity_ = 0;
  std::uint64_t first_example_ = 0;
};

}  // namespace matseq
