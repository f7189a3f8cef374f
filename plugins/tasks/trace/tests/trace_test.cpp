// tr(M) by its rules.
#include <gtest/gtest.h>

#include "make_task.h"
#include "matseq/eigen.h"

namespace matseq {
namespace {

using test::draw_example;
using test::make_task;
using Integer = std::int64_t;

TEST(Trace, IsLinearAndOneForAProjectorOnALine) {
  const auto task = make_task("trace", {{"min_dimension", Integer{1}}, {"max_dimension", Integer{6}}});
  const auto trace = [&](const RowMajorMatrix& matrix) {
    Example example;
    assign(example.source, matrix);
    EXPECT_TRUE(task->answer(example));
    return example.target(0, 0);
  };
  for (std::uint64_t number = 0; number < 100; ++number) {
    const Example example = draw_example(*task, number);
    ASSERT_EQ(example.target.size(), 1U);
    const RowMajorMatrix matrix = view(example.source);
    EXPECT_NEAR(trace(-3 * matrix), -3 * example.target(0, 0), 1e-12);
    const Eigen::VectorXd line = matrix.col(0).normalized();
    EXPECT_NEAR(trace(line * line.transpose()), 1, 1e-12);
    EXPECT_NEAR(trace(matrix * matrix.transpose()), matrix.squaredNorm(), 1e-9);
  }
}

}  // namespace
}  // namespace matseq
