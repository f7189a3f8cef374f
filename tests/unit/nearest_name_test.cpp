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

TEST(NearestName, ALettersCaseMattersLeast) {
  EXPECT_EQ(nearest_name("adamW", {"adam", "adamw"}), ", did you mean 'adamw'?");
  EXPECT_EQ(nearest_name("TRANSPOSE", {"transpose"}), ", did you mean 'transpose'?");
}

TEST(NearestName, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(nearest_name("transpose", {"constant", "cosine"}), "");
  EXPECT_EQ(nearest_name("sum", {}), "");
  // Names of megabytes are compared with nothing: it would take a minute.
  EXPECT_EQ(nearest_name(std::string(10'000'000, 'x'), std::vector<std::string>(200, "seed")), "");
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
