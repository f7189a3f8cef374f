// Products, rows and the order of sums, without LibTorch: products by Eigen, as no BLAS is loaded here. Sanitizers look
// into them.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <thread>
#include <vector>

#include "common/cpu/bfloat16.h"
#include "common/cpu/gradient_turns.h"
#include "common/cpu/products.h"
#include "common/cpu/rows.h"
#include "matseq/error.h"

namespace matseq::cpu {
namespace {

std::mt19937& generator() {
  static std::mt19937 engine(1);
  return engine;
}

std::vector<float> random_values(std::int64_t count, float deviation) {
  std::normal_distribution<float> normal(0, deviation);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = normal(generator());
  return values;
}

TEST(GradientTurns, AreTakenInOrder) {
  GradientTurns turns(2);
  std::vector<std::size_t> order;
  std::vector<std::thread> threads;
  for (const std::size_t piece : {2, 1, 0}) {
    threads.emplace_back([&, piece] { turns.take(1, piece, [&] { order.push_back(piece); }); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2}));
}

TEST(GradientTurns, NobodyWaitsForAPieceThatHasFailed) {
  GradientTurns turns(1);
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (const std::size_t piece : {2, 3}) {
    threads.emplace_back([&, piece] {
      EXPECT_THROW(turns.take(0, piece, [] { FAIL(); }), Error);
      ++refused;
    });
  }
  // Piece 1 fails while 0 is adding.
  EXPECT_NO_THROW(turns.take(0, 0, [&] { turns.abandon(); }));
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused, 2);
}

TEST(Rows, TheFirstOfTheLargestIsFoundWhereverItIs) {
  for (const std::int64_t count : {1, 5, 128, 129, 1000}) {
    std::vector<float> values = random_values(count, 1);
    const auto expect_found = [&](std::int64_t place) { EXPECT_EQ(first_of_largest(values.data(), count), place); };
    expect_found(std::max_element(values.begin(), values.end()) - values.begin());
    for (const std::int64_t place : {count - 1, count / 2, std::int64_t{0}}) {  // of equals the first
      values[static_cast<std::size_t>(place)] = 9;
      expect_found(place);
    }
    values.back() = std::numeric_limits<float>::quiet_NaN();
    expect_found(count - 1);
  }
}

TEST(BFloat16, IsTheNearest) {
  EXPECT_EQ(to_float(to_bfloat16(1)), 1.0F);
  EXPECT_EQ(to_float(to_bfloat16(-3.140625F)), -3.140625F);
  EXPECT_EQ(to_float(to_bfloat16(1.0F + 0x1p-8F)), 1.0F);            // in the middle: to the even one
  EXPECT_EQ(to_float(to_bfloat16(1.0F + 0x3p-8F)), 1.0F + 0x1p-6F);  // likewise
  EXPECT_EQ(to_float(to_bfloat16(1.0F + 0x1.01p-8F)), 1.0F + 0x1p-7F);
  EXPECT_EQ(to_float(to_bfloat16(3.4e38F)), std::numeric_limits<float>::infinity());
  EXPECT_EQ(to_float(to_bfloat16(-std::numeric_limits<float>::infinity())), -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(to_float(to_bfloat16(std::numeric_limits<float>::quiet_NaN()))));
}

std::vector<float> as_bfloat16(const std::vector<float>& values, std::vector<BFloat16>& rounded) {
  rounded.resize(values.size());
  round_to_bfloat16(static_cast<std::int64_t>(values.size()), values.data(), rounded.data());
  std::vector<float> result;
  for (const BFloat16 value : rounded) result.push_back(to_float(value));
  return result;
}

TEST(Products, OfBFloat16AreThoseOfTheSameNumbersInFloat32) {
  const ProductShape shape = {5, 33, 18};
  std::vector<BFloat16> a, b;
  const std::vector<float> wide_a = as_bfloat16(random_values(shape.rows * shape.inner, 1), a);
  const std::vector<float> wide_b = as_bfloat16(random_values(shape.columns * shape.inner, 1), b);
  const std::vector<float> before = random_values(shape.rows * shape.columns, 1);
  const auto expect_same = [&](const auto& multiply) {
    std::vector<float> found = before, expected = before;
    multiply(a.data(), b.data(), found.data());
    multiply(wide_a.data(), wide_b.data(), expected.data());
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-4) << i;
  };
  for (const Accumulate accumulate : {Accumulate::no, Accumulate::yes}) {
    expect_same([&](const auto* x, const auto* y, float* z) { multiply(shape, x, y, z, accumulate); });
    expect_same([&](const auto* x, const auto* y, float* z) { multiply_transposed(shape, x, y, z, accumulate); });
  }
  expect_same([&](const auto* x, const auto* y, float* z) {
    multiply_first_transposed(shape, x, shape.rows, y, z, Accumulate::yes);
  });
}

TEST(Products, AreSumsOfProducts) {
  for (const ProductShape& shape : {ProductShape{1, 1, 1}, {3, 5, 7}, {16, 8, 4}, {33, 17, 65}, {2, 1, 0}, {0, 3, 2}}) {
    const std::vector<float> a = random_values(shape.rows * shape.inner, 1);
    const std::vector<float> b = random_values(shape.columns * shape.inner, 1);
    const std::vector<float> before = random_values(shape.rows * shape.columns, 1);
    const auto at = [](const std::vector<float>& values, std::int64_t i) {
      return static_cast<double>(values[static_cast<std::size_t>(i)]);
    };
    std::vector<float> plain = before, transposed = before, sum = before, of_columns = before;
    multiply(shape, a.data(), b.data(), plain.data(), Accumulate::no);
    multiply(shape, a.data(), b.data(), sum.data(), Accumulate::yes);
    multiply_transposed(shape, a.data(), b.data(), transposed.data(), Accumulate::no);
    multiply_first_transposed(shape, a.data(), shape.rows, b.data(), of_columns.data(), Accumulate::yes);
    for (std::int64_t i = 0; i < shape.rows; ++i) {
      for (std::int64_t j = 0; j < shape.columns; ++j) {
        double of_plain = 0, of_transposed = 0, of_transposed_a = 0;
        for (std::int64_t k = 0; k < shape.inner; ++k) {
          of_plain += at(a, i * shape.inner + k) * at(b, k * shape.columns + j);
          of_transposed += at(a, i * shape.inner + k) * at(b, j * shape.inner + k);
          of_transposed_a += at(a, k * shape.rows + i) * at(b, k * shape.columns + j);
        }
        const std::int64_t here = i * shape.columns + j;
        EXPECT_NEAR(at(plain, here), of_plain, 1e-4);
        EXPECT_NEAR(at(sum, here), at(before, here) + of_plain, 1e-4);
        EXPECT_NEAR(at(transposed, here), of_transposed, 1e-4);
        EXPECT_NEAR(at(of_columns, here), at(before, here) + of_transposed_a, 1e-4);
      }
    }
  }
}

}  // namespace
}  // namespace matseq::cpu
