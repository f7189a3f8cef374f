// det(M) by its rules.
#include <gtest/gtest.h>

#include "make_task.h"
#include "matseq/eigen.h"

namespace matseq {
namespace {

using test::draw_example;
using test::make_task;
using Integer = std::int64_t;

TEST(Determinant, IsLaplacesExpansionMultipliesAndChangesSignWithTheRows) {
  for (const Integer size : {1, 2, 3, 4, 7}) {
    const auto task = make_task("determinant", {{"min_dimension", size}, {"max_dimension", size}});
    const auto determinant = [&](const RowMajorMatrix& matrix) {
      Example example;
      assign(example.source, matrix);
      EXPECT_TRUE(make_task("determinant")->answer(example));
      return example.target(0, 0);
    };
    for (std::uint64_t number = 0; number < 20; ++number) {
      const Example example = draw_example(*task, number);
      const RowMajorMatrix matrix = view(example.source);
      const double value = example.target(0, 0);
      ASSERT_EQ(example.target.size(), 1U);
      const RowMajorMatrix other = view(draw_example(*task, number + 100).source);
      EXPECT_NEAR(determinant(matrix * other) / (value * determinant(other)), 1, 1e-9);
      if (size == 1) {
        EXPECT_EQ(value, matrix(0, 0));
        continue;
      }
      RowMajorMatrix swapped = matrix;
      swapped.row(0).swap(swapped.row(size - 1));
      EXPECT_NEAR(determinant(swapped) / -value, 1, 1e-9);
      // Laplace's expansion along the first row.
      double expansion = 0;
      for (Eigen::Index column = 0; column < size; ++column) {
        RowMajorMatrix minor(size - 1, size - 1);
        minor << matrix.bottomRows(size - 1).leftCols(column), matrix.bottomRows(size - 1).rightCols(size - 1 - column);
        expansion += (column % 2 == 0 ? 1 : -1) * matrix(0, column) * determinant(minor);
      }
      EXPECT_NEAR(expansion / value, 1, 1e-9);
    }
  }
}

}  // namespace
}  // namespace matseq
