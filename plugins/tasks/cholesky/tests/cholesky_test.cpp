// Cholesky factors.
#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <cmath>
#include <string>
#include <vector>

#include "make_task.h"
#include "matseq/eigen.h"

namespace matseq {
namespace {

using test::draw_example;
using test::make_task;
using Integer = std::int64_t;

TEST(Cholesky, FactorsAreLowerTrianglesWithAPositiveDiagonal) {
  for (const char* distribution : {"positive", "positive2", "marcenko"}) {
    const auto task = make_task("cholesky", {{"eigen_distribution", std::vector<std::string>{distribution}},
                                             {"min_dimension", Integer{1}},
                                             {"max_dimension", Integer{6}}});
    for (std::uint64_t number = 0; number < 100; ++number) {
      const Example example = draw_example(*task, number);
      const auto factor = view(example.target);
      EXPECT_TRUE(RowMajorMatrix(factor * factor.transpose()).isApprox(view(example.source), 1e-10));
      EXPECT_TRUE(factor.isLowerTriangular(0));
      EXPECT_GT(factor.diagonal().minCoeff(), 0);
    }
  }
}

TEST(Cholesky, IsScoredByTheProductAndTheTriangle) {
  const auto task = make_task("cholesky");
  Example example;
  assign(example.source, RowMajorMatrix{{4, 2}, {2, 5}});
  ASSERT_TRUE(task->answer(example));
  EXPECT_TRUE(view(example.target).isApprox(RowMajorMatrix{{2, 0}, {1, 2}}));
  EXPECT_EQ(task->score(example, example.target, 0.01).d1, 0);
  Matrix hypothesis;
  assign(hypothesis, -view(example.target));  // another factor of it
  EXPECT_EQ(task->score(example, hypothesis, 0.01).d1, 0);
  const Eigen::Rotation2Dd turn(0.1);  // a factor, but no triangle
  assign(hypothesis, view(example.target) * turn.toRotationMatrix());
  EXPECT_NEAR(task->score(example, hypothesis, 0.01).d1, 2 * std::sin(0.1) / 13, 1e-12);
  assign(hypothesis, RowMajorMatrix{{2, 0}, {1, 3}});
  EXPECT_NEAR(task->score(example, hypothesis, 0.01).d1, 5.0 / 13, 1e-12);
}

TEST(Cholesky, WhatIsNotPositiveDefiniteHasNoAnswer) {
  Example example;
  assign(example.source, RowMajorMatrix{{1, 2}, {2, 1}});
  EXPECT_FALSE(make_task("cholesky")->answer(example));
  EXPECT_THROW(make_task("cholesky", {{"eigen_distribution", std::vector<std::string>{"laplace"}}}), Error);
}

}  // namespace
}  // namespace matseq
