// What several samples say together.
#include "evaluation/sample_summary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace matseq {
namespace {

Matrix row_of(const std::vector<double>& values) {
  Matrix matrix(1, values.size());
  std::ranges::copy(values, matrix.values().begin());
  return matrix;
}

TEST(SampleSummary, OfNoSamplesThereIsNone) { EXPECT_FALSE(summarise_samples({}, 0.9).has_value()); }

TEST(SampleSummary, MedianAndIntervalsAreOfEachCoefficient) {
  const auto summary =
      summarise_samples({row_of({1, 40}), row_of({2, 10}), row_of({3, 30}), row_of({4, 20}), row_of({100, 50})}, 0.5);
  ASSERT_TRUE(summary.has_value());
  EXPECT_EQ(summary->median, row_of({3, 30}));
  EXPECT_EQ(summary->lower, row_of({2, 20}));
  EXPECT_EQ(summary->upper, row_of({4, 40}));
  EXPECT_EQ(summary->coverage(row_of({2, 41})), 0.5);
  EXPECT_EQ(summary->coverage(row_of({3, 20})), 1);
  EXPECT_EQ(summary->coverage(row_of({5, 19})), 0);
  EXPECT_EQ(summary->coverage(row_of({3, 30, 1})), 0) << "another shape";
}

TEST(SampleSummary, OfAnEvenNumberTheMiddleIsBetweenTwo) {
  const auto summary = summarise_samples({row_of({1}), row_of({2}), row_of({4}), row_of({8})}, 1);
  EXPECT_EQ(summary->median, row_of({3}));
  EXPECT_EQ(summary->lower, row_of({1}));
  EXPECT_EQ(summary->upper, row_of({8}));
}

TEST(SampleSummary, TheCommonestShapeCounts) {
  const auto median = [](const std::vector<Matrix>& samples) { return summarise_samples(samples, 0.9)->median; };
  EXPECT_EQ(median({row_of({9, 9, 9}), row_of({1, 2}), row_of({3, 4})}), row_of({2, 3}));
  EXPECT_EQ(median({row_of({9, 9, 9}), row_of({1, 2})}), row_of({9, 9, 9})) << "of equals the first";
}

}  // namespace
}  // namespace matseq
