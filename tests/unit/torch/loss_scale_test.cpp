#include "training/loss_scale.h"

#include <gtest/gtest.h>

#include <limits>

namespace matseq {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

TEST(LossScale, OverflowsHalveItAndAreNoFaultWhileItCanShrink) {
  TrainingState state;
  for (double scale = state.loss_scale; scale > 1; scale /= 2) {
    EXPECT_EQ(state.loss_scale, scale);
    EXPECT_TRUE(adjust_loss_scale(state, 3, scale > 100 ? infinite : not_a_number));
  }
  EXPECT_EQ(state.loss_scale, 1);
  EXPECT_FALSE(adjust_loss_scale(state, 3, infinite)) << "a smaller scale cannot mend that";
  EXPECT_EQ(state.loss_scale, 1);
}

TEST(LossScale, ALossThatIsNotFiniteIsNoOverflow) {
  TrainingState state;
  EXPECT_FALSE(adjust_loss_scale(state, not_a_number, infinite));
  EXPECT_FALSE(adjust_loss_scale(state, infinite, infinite));
}

TEST(LossScale, DoublesAfterManyFiniteUpdatesInARow) {
  TrainingState state;
  const double before = state.loss_scale;
  for (std::int64_t update = 1; update < scale_growth_interval; ++update) adjust_loss_scale(state, 3, 1);
  EXPECT_EQ(state.loss_scale, before);
  adjust_loss_scale(state, 3, 1);
  EXPECT_EQ(state.loss_scale, 2 * before);
  adjust_loss_scale(state, 3, infinite);
  EXPECT_EQ(state.loss_scale, before);
  for (int round = 0; round < 20; ++round) {
    for (std::int64_t update = 0; update < scale_growth_interval; ++update) adjust_loss_scale(state, 3, 1);
  }
  EXPECT_EQ(state.loss_scale, 16777216);
}

}  // namespace
}  // namespace matseq
