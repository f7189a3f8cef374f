// The characteristic polynomial by the theorem of Cayley and Hamilton.
#include <gtest/gtest.h>

#include <Eigen/LU>

#include "make_task.h"
#include "matseq/eigen.h"

namespace matseq {
namespace {

using test::draw_example;
using test::make_task;
using Integer = std::int64_t;

TEST(CharacteristicPolynomial, IsZeroAtItsMatrix) {
  const auto task =
      make_task("characteristic_polynomial", {{"min_dimension", Integer{1}}, {"max_dimension", Integer{6}}});
  for (std::uint64_t number = 0; number < 100; ++number) {
    const Example example = draw_example(*task, number);
    const RowMajorMatrix matrix = view(example.source);
    const Eigen::Index n = matrix.rows();
    ASSERT_EQ(example.target.size(), example.source.rows());
    RowMajorMatrix value = RowMajorMatrix::Identity(n, n);  // by Horner's scheme
    double scale = 1;
    for (const double coefficient : example.target.values()) {
      value = matrix * value;
      value.diagonal().array() += coefficient;
      scale *= matrix.norm();
    }
    EXPECT_LT(value.norm(), 1e-11 * scale);
    EXPECT_NEAR(example.target(0, 0), -matrix.trace(), 1e-11);
    // p(x) = det(x I - M) at some x that is no eigenvalue.
    const double x = 2 * matrix.norm() + 1;
    double at_x = 1;
    for (const double coefficient : example.target.values()) at_x = at_x * x + coefficient;
    EXPECT_NEAR((x * RowMajorMatrix::Identity(n, n) - matrix).determinant() / at_x, 1, 1e-10);
  }
}

}  // namespace
}  // namespace matseq
