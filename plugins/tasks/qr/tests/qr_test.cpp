// QR decompositions.
#include <gtest/gtest.h>

#include "make_task.h"
#include "matseq/eigen.h"

namespace matseq {
namespace {

using test::draw_example;
using test::make_task;
using Integer = std::int64_t;

TEST(Qr, FactorsAreOrthonormalColumnsAndAnUpperTriangle) {
  const auto task =
      make_task("qr", {{"rectangular", true}, {"min_dimension", Integer{1}}, {"max_dimension", Integer{6}}});
  for (std::uint64_t number = 0; number < 200; ++number) {
    const Example example = draw_example(*task, number);
    const auto matrix = view(example.source);
    const RowMajorMatrix q = view(example.target).topRows(matrix.rows());
    const RowMajorMatrix r = view(example.target).bottomRows(matrix.cols()).transpose();
    EXPECT_TRUE(RowMajorMatrix(q * r).isApprox(matrix, 1e-12));
    EXPECT_TRUE(RowMajorMatrix(q.transpose() * q).isIdentity(1e-12));
    EXPECT_TRUE(r.leftCols(r.rows()).isUpperTriangular(0));
    EXPECT_GT(r.diagonal().minCoeff(), 0);
    EXPECT_LT(task->score(example, example.target, 0.01).d1, 1e-12);
  }
}

TEST(Qr, IsScoredByTheWorstOfProductTriangleAndOrthogonality) {
  const auto task = make_task("qr");
  Example example;
  assign(example.source, RowMajorMatrix{{2, 1}, {0, 3}});
  ASSERT_TRUE(task->answer(example));
  const auto deviation = [&](const RowMajorMatrix& q, const RowMajorMatrix& r) {
    Matrix hypothesis(4, 2);
    view(hypothesis) << q, r.transpose();
    return task->score(example, hypothesis, 0.01).d1;
  };
  const RowMajorMatrix identity = RowMajorMatrix::Identity(2, 2);
  const RowMajorMatrix source = view(example.source);
  EXPECT_NEAR(deviation(identity, source), 0, 1e-12);
  EXPECT_NEAR(deviation(-identity, -source), 0, 1e-12);
  EXPECT_NEAR(deviation(2 * identity, source / 2), 3, 1e-12);  // Q^T Q = 4 I
  EXPECT_NEAR(deviation(identity, RowMajorMatrix{{2, 1}, {0, 6}}), 0.5, 1e-12);
  const RowMajorMatrix turn{{0, 1}, {1, 0}};
  EXPECT_NEAR(deviation(turn, turn * source), 2.0 / 6, 1e-12);  // no triangle
}

}  // namespace
}  // namespace matseq
