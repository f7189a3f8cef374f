// M^k by its rules.
#include <gtest/gtest.h>

#include "make_task.h"
#include "matseq/eigen.h"

namespace matseq {
namespace {

using test::draw_example;
using test::make_task;
using Integer = std::int64_t;

TEST(MatrixPower, IsTheProductOfAsManyFactors) {
  for (const Integer exponent : {1, 2, 3, 6, 13}) {
    const auto task = make_task("matrix_power", {{"exponent", exponent}, {"max_dimension", Integer{5}}});
    for (std::uint64_t number = 0; number < 20; ++number) {
      const Example example = draw_example(*task, number);
      RowMajorMatrix product = view(example.source);
      for (Integer factor = 1; factor < exponent; ++factor) product = view(example.source) * product;
      EXPECT_TRUE(product.isApprox(view(example.target), 1e-11)) << exponent;
    }
  }
}

}  // namespace
}  // namespace matseq
