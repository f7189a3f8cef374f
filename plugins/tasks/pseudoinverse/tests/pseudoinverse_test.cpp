// The four conditions of Penrose (1955), which one matrix alone fulfils.
#include <gtest/gtest.h>

#include "make_task.h"
#include "matseq/eigen.h"

namespace matseq {
namespace {

using test::draw_example;
using test::make_task;
using Integer = std::int64_t;

TEST(Pseudoinverse, FulfilsPenrosesConditions) {
  const auto task =
      make_task("pseudoinverse", {{"rectangular", true}, {"min_dimension", Integer{1}}, {"max_dimension", Integer{6}}});
  for (std::uint64_t number = 0; number < 200; ++number) {
    const Example example = draw_example(*task, number);
    const RowMajorMatrix matrix = view(example.source);
    const RowMajorMatrix inverse = view(example.target);
    const RowMajorMatrix left = matrix * inverse;
    const RowMajorMatrix right = inverse * matrix;
    EXPECT_TRUE((left * matrix).isApprox(matrix, 1e-8));
    EXPECT_TRUE((right * inverse).isApprox(inverse, 1e-8));
    EXPECT_TRUE(left.isApprox(left.transpose(), 1e-8));
    EXPECT_TRUE(right.isApprox(right.transpose(), 1e-8));
  }
}

TEST(Pseudoinverse, WhatIsNotOfFullRankHasNoAnswer) {
  Example example;
  assign(example.source, RowMajorMatrix{{1, 2, 3}, {2, 4, 6}});
  EXPECT_FALSE(make_task("pseudoinverse")->answer(example));
}

}  // namespace
}  // namespace matseq
