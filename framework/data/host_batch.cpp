#include "data/host_batch.h"

#include <algorithm>

namespace matseq {

TokenMemory heap_memory() {
  return [](std::size_t tokens) {
    return std::shared_ptr<std::int64_t>(new std::int64_t[tokens], std::default_delete<std::int64_t[]>());
  };
}

void HostBatch::assign(std::span<const SequencePair> examples) {
  assign_side(examples, &SequencePair::source, source_, source_capacity_);
  assign_side(examples, &SequencePair::target, target_, target_capacity_);
  counts_ = {};
  for (const SequencePair& example : examples) count(example, counts_);
}

void HostBatch::assign_side(std::span<const SequencePair> examples, std::vector<TokenId> SequencePair::*side,
                            PaddedSequences& padded, std::size_t& capacity) const {
  std::size_t length = 0;
  for (const SequencePair& example : examples) length = std::max(length, (example.*side).size() + 2);
  if (examples.size() * length > capacity) {
    capacity = examples.size() * length;
    padded.tokens = memory_(capacity);
  }
  if (padded.lengths == nullptr || padded.sequences < examples.size()) padded.lengths = memory_(examples.size());
  padded.sequences = examples.size();
  padded.length = length;
  padded.total = 0;

  std::int64_t* row = padded.tokens.get();
  for (std::size_t i = 0; i < examples.size(); ++i, row += length) {
    const std::vector<TokenId>& tokens = examples[i].*side;
    row[0] = Vocabulary::boundary;
    std::int64_t* end = std::copy(tokens.begin(), tokens.end(), row + 1);
    *end++ = Vocabulary::boundary;
    std::fill(end, row + length, std::int64_t{Vocabulary::padding});
    padded.lengths.get()[i] = static_cast<std::int64_t>(tokens.size() + 2);
    padded.total += tokens.size() + 2;
  }
  padded.padded = padded.total != padded.sequences * padded.length;
}

}  // namespace matseq
