#include "data/host_batch.h"

#include <gtest/gtest.h>

#include <vector>

namespace matseq {
namespace {

using Tokens = std::vector<std::int64_t>;

Tokens tokens_of(const PaddedSequences& padded) {
  return {padded.tokens.get(), padded.tokens.get() + padded.sequences * padded.length};
}

Tokens lengths_of(const PaddedSequences& padded) {
  return {padded.lengths.get(), padded.lengths.get() + padded.sequences};
}

TEST(HostBatch, BeginsAndEndsWithBoundariesAndPadsBehind) {
  HostBatch batch(heap_memory());
  const std::vector<SequencePair> examples = {{{7, 8, 9}, {5}}, {{6}, {4}}, {{}, {3}}};
  batch.assign(examples);

  const PaddedSequences& source = batch.source();
  EXPECT_EQ(source.sequences, 3U);
  EXPECT_EQ(source.length, 5U);
  EXPECT_EQ(tokens_of(source), (Tokens{0, 7, 8, 9, 0,  //
                                       0, 6, 0, 1, 1,  //
                                       0, 0, 1, 1, 1}));
  EXPECT_EQ(lengths_of(source), (Tokens{5, 3, 2}));
  EXPECT_EQ(source.total, 10U);
  EXPECT_TRUE(source.padded);

  const PaddedSequences& target = batch.target();
  EXPECT_EQ(tokens_of(target), (Tokens{0, 5, 0, 0, 4, 0, 0, 3, 0}));
  EXPECT_EQ(lengths_of(target), (Tokens{3, 3, 3}));
  EXPECT_FALSE(target.padded);
}

TEST(HostBatch, SmallerBatchesReuseTheMemoryAndNothingOfTheOldOneIsLeft) {
  int allocations = 0;
  HostBatch batch([&](std::size_t tokens) {
    ++allocations;
    return heap_memory()(tokens);
  });
  batch.assign(std::vector<SequencePair>{{{9, 9, 9, 9}, {9, 9}}, {{9, 9}, {9}}});
  const int allocations_of_largest = allocations;
  batch.assign(std::vector<SequencePair>{{{2, 3}, {4}}, {{5}, {}}});
  EXPECT_EQ(allocations, allocations_of_largest);
  EXPECT_EQ(tokens_of(batch.source()), (Tokens{0, 2, 3, 0, 0, 5, 0, 1}));
  EXPECT_EQ(tokens_of(batch.target()), (Tokens{0, 4, 0, 0, 0, 1}));
  EXPECT_EQ(batch.source().total, 7U);

  // More sequences than ever, then fewer, then more again.
  batch.assign(std::vector<SequencePair>(5, {{2}, {3}}));
  batch.assign(std::vector<SequencePair>(1, {{2}, {3}}));
  batch.assign(std::vector<SequencePair>(5, {{4}, {3}}));
  EXPECT_EQ(tokens_of(batch.source()), (Tokens{0, 4, 0, 0, 4, 0, 0, 4, 0, 0, 4, 0, 0, 4, 0}));
  EXPECT_EQ(lengths_of(batch.source()), (Tokens{3, 3, 3, 3, 3}));
}

}  // namespace
}  // namespace matseq
