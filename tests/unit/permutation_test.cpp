#include "data/permutation.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

namespace matseq {
namespace {

TEST(PermutationTest, EveryIndexHasItsOwnImage) {
  for (std::uint64_t size = 1; size < 300; ++size) {
    for (const std::uint64_t key : {std::uint64_t{0}, std::uint64_t{77}, UINT64_MAX}) {
      const Permutation permutation(size, key);
      std::set<std::uint64_t> images;
      for (std::uint64_t index = 0; index < size; ++index) images.insert(permutation(index));
      EXPECT_EQ(images.size(), size);
      EXPECT_LT(*images.rbegin(), size);
    }
  }
}

TEST(PermutationTest, AnySizeIsAllowed) {
  for (const std::uint64_t size : {std::uint64_t{1} << 32U, (std::uint64_t{1} << 33U) + 1, UINT64_MAX}) {
    const Permutation permutation(size, 5);
    std::set<std::uint64_t> images;
    for (std::uint64_t index = size - 1000; index < size; ++index) images.insert(permutation(index));
    EXPECT_EQ(images.size(), 1000U);
    EXPECT_LT(*images.rbegin(), size);
  }
}

// Chi-squared of 24 orders over 24,000 keys: 23 degrees of freedom, 99.99% below 58.
TEST(PermutationTest, OrdersOfFewThingsAreEquallyLikely) {
  std::map<std::vector<std::uint64_t>, int> seen;
  for (std::uint64_t key = 0; key < 24000; ++key) {
    const Permutation permutation(4, key * 0x9E3779B97F4A7C15U);
    ++seen[{permutation(0), permutation(1), permutation(2), permutation(3)}];
  }
  ASSERT_EQ(seen.size(), 24U);
  double distance = 0;
  for (const auto& [order, count] : seen) distance += (count - 1000.0) * (count - 1000.0) / 1000.0;
  EXPECT_LT(distance, 58);
}

// Neighbours go anywhere: 400 degrees of freedom, 99.99% below 513.
TEST(PermutationTest, NeighboursAreIndependent) {
  constexpr int cells = 21;
  std::vector<int> counts(cells * cells);
  const Permutation permutation(cells * 10000, 3);
  for (std::uint64_t index = 0; index + 1 < cells * 10000; ++index) {
    ++counts[permutation(index) / 10000 * cells + permutation(index + 1) / 10000];
  }
  const double expected = (cells * 10000 - 1.0) / (cells * cells);
  double distance = 0;
  for (const int count : counts) distance += (count - expected) * (count - expected) / expected;
  EXPECT_LT(distance, 513);
}

}  // namespace
}  // namespace matseq
