// Batches come in order, whole, and the same whoever made them; failures and early ends leave no thread behind.
#include "data/batch_pipeline.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "matseq/error.h"

namespace matseq {
namespace {

/// Example k has k mod 5 + 1 tokens, all k. Some take longer than others, so that workers overtake each other.
class NumberedExamples : public ExampleSource {
 public:
  void get(std::uint64_t number, SequencePair& example) const override {
    if (number == failing) throw Error("example " + std::to_string(number) + " cannot be had");
    if (number % 7 == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
    example.source.assign(number % 5 + 1, static_cast<TokenId>(number));
    example.target.assign(1, static_cast<TokenId>(number + 1));
    ++made;
  }

  std::uint64_t failing = UINT64_MAX;
  mutable std::atomic<std::uint64_t> made = 0;
};

std::vector<std::int64_t> tokens_of(const PaddedSequences& padded) {
  return {padded.tokens.get(), padded.tokens.get() + padded.sequences * padded.length};
}

constexpr std::uint64_t batch_size = 8;

PipelineOptions options_for(std::size_t workers) {
  PipelineOptions options;
  options.plan = consecutive_batches(3, 100, batch_size);
  options.workers = workers;
  return options;
}

class BatchPipelineTest : public ::testing::TestWithParam<std::size_t> {};

TEST_P(BatchPipelineTest, GivesEveryExampleOnceInOrder) {
  BatchPipeline pipeline(std::make_shared<NumberedExamples>(), options_for(GetParam()));
  std::uint64_t next = 3;
  std::vector<std::size_t> sizes;
  while (const HostBatch* batch = pipeline.next()) {
    EXPECT_EQ(batch->first_example(), next);
    sizes.push_back(batch->source().sequences);
    const std::vector<std::int64_t> tokens = tokens_of(batch->source());
    for (std::size_t row = 0; row < batch->source().sequences; ++row, ++next) {
      EXPECT_EQ(tokens[row * batch->source().length + 1], static_cast<std::int64_t>(next));
      EXPECT_EQ(batch->source().lengths.get()[row], static_cast<std::int64_t>(next % 5 + 3));
    }
  }
  EXPECT_EQ(next, 100U);
  std::vector<std::size_t> expected(12, 8);
  expected.push_back(1);  // the last batch is what is left
  EXPECT_EQ(sizes, expected);
  EXPECT_EQ(pipeline.next(), nullptr);
}

TEST_P(BatchPipelineTest, KeepsTheBatchBefore) {
  BatchPipeline pipeline(std::make_shared<NumberedExamples>(), options_for(GetParam()));
  const HostBatch* before = pipeline.next();
  std::vector<std::int64_t> tokens_before = tokens_of(before->source());
  while (const HostBatch* batch = pipeline.next()) {
    const std::vector<std::int64_t> tokens = tokens_of(batch->source());
    std::this_thread::sleep_for(std::chrono::microseconds(500));  // for a worker to do harm
    EXPECT_EQ(tokens_of(before->source()), tokens_before);
    before = batch;
    tokens_before = tokens;
  }
}

TEST_P(BatchPipelineTest, AnExceptionReachesTheCallerAtItsBatch) {
  const auto examples = std::make_shared<NumberedExamples>();
  examples->failing = 30;  // the fourth batch
  BatchPipeline pipeline(examples, options_for(GetParam()));
  for (int good = 0; good < 3; ++good) ASSERT_NE(pipeline.next(), nullptr);
  try {
    pipeline.next();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "example 30 cannot be had");
  }
  const HostBatch* after = pipeline.next();
  ASSERT_NE(after, nullptr);
  EXPECT_EQ(after->first_example(), 35U);
}

TEST_P(BatchPipelineTest, MayBeLeftEarly) {
  PipelineOptions endless = options_for(GetParam());
  endless.plan = consecutive_batches(3, UINT64_MAX, batch_size);
  for (int taken = 0; taken < 4; ++taken) {
    const auto examples = std::make_shared<NumberedExamples>();
    {
      BatchPipeline pipeline(examples, endless);
      for (int i = 0; i < taken; ++i) pipeline.next();
    }
    const std::uint64_t made = examples->made;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_EQ(examples->made, made) << "a worker outlived its pipeline";
    // No further ahead than it was asked to be.
    const std::size_t most = static_cast<std::size_t>(taken) + GetParam() * endless.batches_ahead;
    EXPECT_LE(made, most * batch_size);
  }
}

TEST_P(BatchPipelineTest, AnEmptyRangeHasNoBatches) {
  PipelineOptions options = options_for(GetParam());
  options.plan = consecutive_batches(3, 3, batch_size);
  BatchPipeline pipeline(std::make_shared<NumberedExamples>(), options);
  EXPECT_EQ(pipeline.next(), nullptr);
  options.plan = consecutive_batches(3, 0, batch_size);
  BatchPipeline backwards(std::make_shared<NumberedExamples>(), options);
  EXPECT_EQ(backwards.next(), nullptr);
}

TEST_P(BatchPipelineTest, BatchesAreThoseOfThePlan) {
  PipelineOptions options = options_for(GetParam());
  options.plan = {3, [](std::uint64_t number) { return ExampleRange{10 * number, 2 + number}; }};
  BatchPipeline pipeline(std::make_shared<NumberedExamples>(), options);
  for (std::uint64_t number = 0; number < 3; ++number) {
    const HostBatch* batch = pipeline.next();
    ASSERT_NE(batch, nullptr);
    EXPECT_EQ(batch->first_example(), 10 * number);
    EXPECT_EQ(batch->source().sequences, 2 + number);
  }
  EXPECT_EQ(pipeline.next(), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Workers, BatchPipelineTest, ::testing::Values(0, 1, 2, 16));

}  // namespace
}  // namespace matseq
