// Solutions of linear equations.
#include <gtest/gtest.h>

#include "make_task.h"
#include "matseq/eigen.h"

namespace matseq {
namespace {

using test::draw_example;
using test::make_task;
using Integer = std::int64_t;

TEST(Solve, SolutionsSolve) {
  for (const Integer size : {1, 2, 3, 5, 8}) {
    const auto task = make_task("solve", {{"min_dimension", size}, {"max_dimension", size}});
    for (std::uint64_t number = 0; number < 50; ++number) {
      const Example example = draw_example(*task, number);
      ASSERT_EQ(example.source.columns(), example.source.rows() + 1);
      ASSERT_EQ(example.target.columns(), 1U);
      const auto both = view(example.source);
      EXPECT_TRUE((both.leftCols(size) * view(example.target)).isApprox(both.rightCols<1>(), 1e-9));
    }
  }
}

TEST(Solve, IsScoredByTheResidual) {
  const auto task = make_task("solve");
  Example example;
  assign(example.source, RowMajorMatrix{{1000, 0, 1000}, {0, 1e-3, 1e-3}});
  assign(example.target, Eigen::Vector2d{1, 1});
  Matrix hypothesis;
  assign(hypothesis, Eigen::Vector2d{1, 2});  // wrong, but what it misses is small
  EXPECT_NEAR(task->score(example, hypothesis, 0.01).d1, 1e-6, 1e-8);
  EXPECT_EQ(task->score(example, hypothesis, 0.01).share, 0.5);
  assign(hypothesis, Eigen::Vector2d{1.1, 1});
  EXPECT_NEAR(task->score(example, hypothesis, 0.01).d1, 0.1, 1e-6);
  EXPECT_EQ(task->score(example, example.target, 0.01).d1, 0);
}

TEST(Solve, SingularSystemsHaveNoAnswer) {
  Example example;
  assign(example.source, RowMajorMatrix{{1, 2, 3}, {2, 4, 5}});
  EXPECT_FALSE(make_task("solve")->answer(example));
}

}  // namespace
}  // namespace matseq
