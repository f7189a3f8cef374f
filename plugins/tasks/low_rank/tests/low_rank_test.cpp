// Ranks, and matrices of which entries are missing.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <Eigen/LU>
#include <map>
#include <string>

#include "make_task.h"
#include "matseq/eigen.h"

namespace matseq {
namespace {

using test::draw_example;
using test::make_task;
using Integer = std::int64_t;

TEST(Rank, IsTheNumberOfSingularValues) {
  const auto task =
      make_task("rank", {{"rectangular", true}, {"min_dimension", Integer{1}}, {"max_dimension", Integer{5}}});
  std::map<double, int> counts;
  for (std::uint64_t number = 0; number < 500; ++number) {
    const Example example = draw_example(*task, number);
    const Eigen::FullPivLU<RowMajorMatrix> factors(view(example.source));
    EXPECT_EQ(static_cast<double>(factors.rank()), example.target(0, 0));
    ++counts[example.target(0, 0)];
    // Three digits, as a model may see them, leave the rank as it was.
    Example rounded = example;
    for (double& entry : rounded.source.values()) {
      entry = std::stod(fmt::format("{:.2e}", entry));
    }
    EXPECT_TRUE(task->answer(rounded));
    EXPECT_EQ(rounded.target(0, 0), example.target(0, 0));
  }
  EXPECT_EQ(counts.size(), 5U);
}

TEST(Rank, CoefficientsHaveTheVarianceThatIsAskedFor) {
  for (const char* generator : {"uniform", "gaussian"}) {
    const auto task = make_task("rank", {{"generator", std::string(generator)}});
    double squares = 0;
    constexpr int examples = 2000;
    for (std::uint64_t number = 0; number < examples; ++number) {
      squares += view(draw_example(*task, number).source).squaredNorm();
    }
    EXPECT_NEAR(squares / examples / 25, 100.0 / 3, 3) << generator;
  }
}

TEST(LowRankCompletion, WhatIsThereIsTheTargets) {
  const auto task = make_task(
      "low_rank_completion",
      {{"rectangular", true}, {"min_dimension", Integer{4}}, {"max_dimension", Integer{6}}, {"rank", Integer{2}}});
  int missing = 0;
  int entries = 0;
  for (std::uint64_t number = 0; number < 300; ++number) {
    const Example example = draw_example(*task, number);
    EXPECT_EQ(Eigen::FullPivLU<RowMajorMatrix>(view(example.target)).rank(), 2);
    for (std::size_t i = 0; i < example.target.size(); ++i) {
      const double seen = example.source.values()[i];
      EXPECT_TRUE(seen == 0 || seen == example.target.values()[i]);
      missing += seen == 0 ? 1 : 0;
      ++entries;
    }
  }
  // Those that do not determine the rest are drawn again, so that there are fewer than a quarter.
  EXPECT_GT(missing, 0.15 * entries);
  EXPECT_LT(missing, 0.26 * entries);
}

// With rank 1, every 2 x 2 minor is 0: a missing entry is known as soon as the three others of one are.
TEST(LowRankCompletion, OfRankOneTheRestFollows) {
  const auto task = make_task("low_rank_completion",
                              {{"min_dimension", Integer{2}}, {"max_dimension", Integer{4}}, {"missing", 0.4}});
  for (std::uint64_t number = 0; number < 300; ++number) {
    Example example = draw_example(*task, number);
    auto known = view(example.source);
    const Eigen::Index n = known.rows();
    for (Eigen::Index pass = 0; pass < n * n; ++pass) {
      for (Eigen::Index i = 0; i < n * n * n * n; ++i) {
        const Eigen::Index row = i % n, column = i / n % n, other_row = i / n / n % n, other_column = i / n / n / n;
        if (known(row, column) != 0 || known(other_row, other_column) == 0) continue;
        known(row, column) = known(row, other_column) * known(other_row, column) / known(other_row, other_column);
      }
    }
    EXPECT_TRUE(known.isApprox(view(example.target), 1e-9)) << number;
  }
}

TEST(LowRankCompletion, CopyingWhatIsThereIsNoAnswer) {
  const auto task = make_task("low_rank_completion");
  Example example;
  assign(example.target, RowMajorMatrix{{100, 100}, {100, 1}});
  assign(example.source, RowMajorMatrix{{100, 100}, {100, 0}});
  EXPECT_EQ(task->score(example, example.source, 0.01).d1, 1);
  EXPECT_EQ(task->score(example, example.target, 0.01).d1, 0);
  Matrix hypothesis;
  assign(hypothesis, RowMajorMatrix{{120, 100}, {100, 1}});
  EXPECT_NEAR(task->score(example, hypothesis, 0.01).d1, 20.0 / 301, 1e-12);
}

}  // namespace
}  // namespace matseq
