#include "run/criterion.h"

#include <gtest/gtest.h>

#include <string>

namespace matseq {
namespace {

TEST(StoppingCriterion, MetricAndPatience) {
  const auto parsed = StoppingCriterion::parse("_valid.cross_entropy,30");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->criterion.metric, "valid.cross_entropy");
  EXPECT_TRUE(parsed->criterion.smaller_is_better);
  EXPECT_EQ(parsed->criterion.text(), "_valid.cross_entropy");
  EXPECT_EQ(parsed->patience, 30);
  for (const char* other : {"", "valid.accuracy", "valid.accuracy,", ",3", "valid.accuracy,x", "valid.accuracy,3x",
                            "valid.accuracy,-1", "valid.accuracy,99999999999999999999"}) {
    EXPECT_FALSE(StoppingCriterion::parse(other)) << other;
  }
}

TEST(StoppingCriterion, StopsByItsOwnEpochsOnly) {
  const StoppingCriterion criterion = StoppingCriterion::parse("valid.accuracy,2").value();
  TrainingState state;
  state.epochs_without_improvement = 3;
  EXPECT_FALSE(criterion.should_stop(state));
  state.best["stopping _valid.cross_entropy"] = 1;  // they belong to a criterion that the run had before
  EXPECT_FALSE(criterion.should_stop(state));
  state.best[criterion.key()] = 50;
  EXPECT_TRUE(criterion.should_stop(state));
  state.epochs_without_improvement = 2;
  EXPECT_FALSE(criterion.should_stop(state));
}

}  // namespace
}  // namespace matseq
