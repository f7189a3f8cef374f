// Properties of the schedules that follow from their formulas (reference, section 5).
#include <gtest/gtest.h>

#include <initializer_list>

#include "matseq/error.h"
#include "plugins/plugin_loader.h"

namespace matseq {
namespace {

constexpr double base_rate = 0.01;

std::unique_ptr<Schedule> make_schedule(const std::string& name,
                                        std::initializer_list<std::pair<std::string, ParameterValue>> entries = {}) {
  static PluginLoader loader({MATSEQ_PLUGIN_DIR});
  ParameterTable table;
  table.where = "test.toml:1";
  table.prefix = "schedule";
  for (const auto& [key, value] : entries) table.set(key, value);
  return loader.make_schedule(name, table);
}

TEST(Schedules, ConstantIsTheBaseRate) {
  const auto schedule = make_schedule("constant");
  EXPECT_EQ(schedule->rate(0, base_rate), base_rate);
  EXPECT_EQ(schedule->rate(1'000'000'000, base_rate), base_rate);
}

TEST(Schedules, WarmUpIsLinearAndReachesTheBaseRate) {
  for (const char* name : {"warmup", "inverse_sqrt", "cosine", "stable_decay"}) {
    const auto schedule = make_schedule(name, {{"warmup_updates", std::int64_t{100}}, {"warmup_init_lr", 0.001}});
    EXPECT_DOUBLE_EQ(schedule->rate(0, base_rate), 0.001) << name;
    EXPECT_DOUBLE_EQ(schedule->rate(50, base_rate), 0.0055) << name;
    EXPECT_DOUBLE_EQ(schedule->rate(100, base_rate), base_rate) << name;
  }
}

TEST(Schedules, WithoutWarmUpTheFirstRateIsTheBaseRate) {
  for (const char* name : {"warmup", "cosine"}) {
    EXPECT_DOUBLE_EQ(make_schedule(name, {{"warmup_updates", std::int64_t{0}}})->rate(0, base_rate), base_rate);
  }
}

TEST(Schedules, InverseSqrtHalvesWhenTheUpdateQuadruples) {
  const auto schedule = make_schedule("inverse_sqrt", {{"warmup_updates", std::int64_t{50}}});
  EXPECT_DOUBLE_EQ(schedule->rate(200, base_rate), base_rate / 2);
  EXPECT_DOUBLE_EQ(schedule->rate(800, base_rate), base_rate / 4);
}

TEST(Schedules, CosineFallsWithinACycleAndRestartsLower) {
  const auto schedule = make_schedule("cosine", {{"warmup_updates", std::int64_t{10}},
                                                 {"init_period", 100.0},
                                                 {"min_lr", 0.001},
                                                 {"lr_shrink", 0.5},
                                                 {"lr_shrink_min", 0.1}});
  EXPECT_DOUBLE_EQ(schedule->rate(60, base_rate), (base_rate + 0.001) / 2);
  for (std::int64_t update = 11; update < 110; ++update) {
    EXPECT_LT(schedule->rate(update, base_rate), schedule->rate(update - 1, base_rate));
    EXPECT_GT(schedule->rate(update, base_rate), 0.001);
  }
  EXPECT_DOUBLE_EQ(schedule->rate(110, base_rate), base_rate / 2);
  EXPECT_DOUBLE_EQ(schedule->rate(210, base_rate), base_rate / 4);
}

TEST(Schedules, CosineCyclesGrow) {
  const auto schedule = make_schedule("cosine", {{"warmup_updates", std::int64_t{0}},
                                                 {"init_period", 100.0},
                                                 {"period_mult", 2.0},
                                                 {"min_lr", 0.0},
                                                 {"lr_shrink", 0.5}});
  EXPECT_DOUBLE_EQ(schedule->rate(100, base_rate), base_rate / 2);
  EXPECT_DOUBLE_EQ(schedule->rate(200, base_rate), base_rate / 4);  // the middle of 200 updates
  EXPECT_DOUBLE_EQ(schedule->rate(300, base_rate), base_rate / 4);
  EXPECT_DOUBLE_EQ(schedule->rate(500, base_rate), base_rate / 8);  // the middle of 400 updates
}

TEST(Schedules, CosineNeverGoesBelowItsLowestRate) {
  const auto schedule =
      make_schedule("cosine", {{"warmup_updates", std::int64_t{0}}, {"min_lr", 0.02}, {"init_period", 10.0}});
  EXPECT_DOUBLE_EQ(schedule->rate(7, base_rate), 0.02);
}

TEST(Schedules, SmoothCosineHasNoJumps) {
  const auto schedule =
      make_schedule("smooth_cosine", {{"warmup_updates", std::int64_t{0}}, {"init_period", 1000.0}, {"min_lr", 1e-5}});
  EXPECT_DOUBLE_EQ(schedule->rate(0, base_rate), base_rate / 0.75);
  EXPECT_DOUBLE_EQ(schedule->rate(1000, base_rate), base_rate);
  EXPECT_DOUBLE_EQ(schedule->rate(2000, base_rate), base_rate * 0.75);
  for (std::int64_t update = 1; update < 5000; ++update) {
    EXPECT_NEAR(schedule->rate(update, base_rate), schedule->rate(update - 1, base_rate), 5e-3 * base_rate);
  }
}

TEST(Schedules, StableDecayIsConstantThenFallsToItsEnd) {
  const auto schedule = make_schedule("stable_decay", {{"warmup_updates", std::int64_t{10}},
                                                       {"warmup_init_lr", 0.0},
                                                       {"stable_updates", std::int64_t{30}},
                                                       {"decay_updates", std::int64_t{40}},
                                                       {"end_lr", 0.002}});
  EXPECT_DOUBLE_EQ(schedule->rate(5, base_rate), base_rate / 2);
  for (const std::int64_t update : {10, 25, 40}) EXPECT_DOUBLE_EQ(schedule->rate(update, base_rate), base_rate);
  EXPECT_DOUBLE_EQ(schedule->rate(60, base_rate), 0.006);
  for (const std::int64_t update : {80, 81, 1'000'000}) EXPECT_DOUBLE_EQ(schedule->rate(update, base_rate), 0.002);
}

TEST(Schedules, StableDecayWithoutAStablePartIsLinearToZero) {
  const auto schedule =
      make_schedule("stable_decay", {{"warmup_updates", std::int64_t{0}}, {"decay_updates", std::int64_t{1000}}});
  EXPECT_EQ(schedule->rate(0, base_rate), base_rate);
  EXPECT_DOUBLE_EQ(schedule->rate(500, base_rate), base_rate / 2);
  EXPECT_GT(schedule->rate(999, base_rate), 0);
  EXPECT_EQ(schedule->rate(1000, base_rate), 0);
}

TEST(Schedules, RefuseWhatTheyCannotDo) {
  EXPECT_THROW(make_schedule("smooth_cosine", {{"period_mult", 2.0}}), Error);
  EXPECT_THROW(make_schedule("smooth_cosine", {{"lr_shrink", 0.0}}), Error);
  EXPECT_THROW(make_schedule("cosine", {{"period_mult", 0.5}}), Error);
  EXPECT_THROW(make_schedule("inverse_sqrt", {{"warmup_updates", std::int64_t{0}}}), Error);
  EXPECT_THROW(make_schedule("warmup", {{"warmup_updates", std::int64_t{-1}}}), Error);
  EXPECT_THROW(make_schedule("stable_decay", {{"decay_updates", std::int64_t{0}}}), Error);
  EXPECT_THROW(make_schedule("constant", {{"warmup_updates", std::int64_t{5}}}), Error);
}

}  // namespace
}  // namespace matseq
