#include "matseq/nearest_name.h"

#include <gtest/gtest.h>

namespace matseq {
namespace {

TEST(NearestName, SuggestsTheClosestCandidate) {
  EXPECT_EQ(nearest_name("sead", {"workers", "seed", "need"}), ", did you mean 'seed'?");
  EXPECT_EQ(nearest_name("min_dimensin", {"max_dimension", "min_dimension"}), ", did you mean 'min_dimension'?");
  EXPECT_EQ(nearest_name("eigenvalue", {"eigenvectors", "eigenvalues"}), ", did you mean 'eigenvalues'?");
  EXPECT_EQ(nearest_name("", {"lr"}), ", did you mean 'lr'?");
}

TEST(NearestName, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(nearest_name("transpose", {"constant", "cosine"}), "");
  EXPECT_EQ(nearest_name("sum", {}), "");
  EXPECT_EQ(nearest_name(std::string(10000, 'x'), {"seed"}), "");
}

TEST(NearestName, TakesTheFirstOfEquallyNearOnes) {
  EXPECT_EQ(nearest_name("beta", {"beta1", "beta2"}), ", did you mean 'beta1'?");
}

TEST(QuotedList, SeparatesByCommas) {
  EXPECT_EQ(quoted_list({}), "");
  EXPECT_EQ(quoted_list({"a"}), "'a'");
  EXPECT_EQ(quoted_list({"a", "b", "c"}), "'a', 'b', 'c'");
}

}  // namespace
}  // namespace matseq
