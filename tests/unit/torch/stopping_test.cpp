#include "training/stopping.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "matseq/error.h"

namespace matseq {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

std::vector<TestResult> with_cross_entropy(double value) {
  TestResult result{"valid", {}, "d1", {}, {}};
  result.all.cross_entropy = value;
  return {result};
}

/// As a run that is saved and continued after every epoch, of one update.
TrainingState saved(TrainingState state) {
  ++state.update;
  ++state.epoch;
  return training_state_from_json(nlohmann::ordered_json::parse(to_json(state).dump()), "state.json");
}

TEST(Stopping, AFiniteValueBeatsWhatIsNotFinite) {
  for (const double first : {not_a_number, infinite, -infinite}) {
    const StoppingCriteria criteria({"_valid.cross_entropy"}, "_valid.cross_entropy,1");
    TrainingState state;
    Verdict verdict = criteria.record(with_cross_entropy(first), state);
    EXPECT_TRUE(verdict.best.empty()) << first;
    EXPECT_EQ(verdict.not_finite.size(), 2U) << first;
    state = saved(state);
    verdict = criteria.record(with_cross_entropy(1e30), state);
    EXPECT_EQ(verdict.best, std::vector<std::string>{"valid.cross_entropy"}) << first;
    EXPECT_EQ(state.epochs_without_improvement, 0);
    state = saved(state);
    EXPECT_TRUE(criteria.record(with_cross_entropy(not_a_number), state).best.empty());
    EXPECT_EQ(state.best.at("_valid.cross_entropy"), 1e30);
  }
}

TEST(Stopping, EpochsThatAreNotFiniteUseUpPatience) {
  const StoppingCriteria criteria({}, "_valid.cross_entropy,2");
  TrainingState state;
  for (int epoch = 1; epoch <= 3; ++epoch) {
    EXPECT_FALSE(criteria.should_stop(state)) << epoch;
    criteria.record(with_cross_entropy(not_a_number), state);
    state = saved(state);
  }
  EXPECT_TRUE(criteria.should_stop(state));
}

// matseq 0.1.0 wrote a best value that is not a number as null, and could not read it.
TEST(Stopping, ABestValueOfNullIsRead) {
  TrainingState state;
  nlohmann::ordered_json json = to_json(state);
  json["best"] = {{"_valid.cross_entropy", nullptr}};
  json["finished"] = true;
  state = training_state_from_json(json, "state.json");
  EXPECT_FALSE(StoppingCriteria({"_valid.cross_entropy"}, "").record(with_cross_entropy(3), state).best.empty());
}

TEST(Stopping, MetricsThatNoEvaluationHasAreNoticedAtOnce) {
  const std::vector<std::string> names = metric_names({"valid", "large"}, {0.05});
  const auto place = [](const std::string& key) { return "file.toml:3: 'training." + key + "'"; };
  const auto message = [&](const std::vector<std::string>& metrics, const std::string& stopping) -> std::string {
    try {
      StoppingCriteria(metrics, stopping).require_known(names, place);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message({"valid.accuracy", "_large.cross_entropy", "valid.within.max.0.05"}, "large.perfect,3"), "");
  EXPECT_EQ(message({"valid.acuracy"}, "").find("file.toml:3: 'training.validation_metrics'"), 0U);
  EXPECT_NE(message({"valid.acuracy"}, "").find("did you mean 'valid.accuracy'?"), std::string::npos);
  EXPECT_EQ(message({}, "valid.within.d1.0.02,3").find("file.toml:3: 'training.stopping_criterion'"), 0U);
  EXPECT_NE(message({}, "larg.perfect,3").find("did you mean 'large.perfect'?"), std::string::npos);
}

TEST(Stopping, TheNamesAreThoseThatResultsHave) {
  TestResult result{"valid", {0.05, 0.01}, "d1", {}, {}};
  result.all.within = {{{1, 2}, {3, 4}, {5, 6}}};
  const std::vector<std::string> names = metric_names({"valid"}, {0.05, 0.01});
  EXPECT_EQ(names.size(), 11U);
  for (const std::string& name : names) EXPECT_NO_THROW(metric({result}, name)) << name;
  EXPECT_EQ(metric({result}, "valid.within.d1.0.01"), 4);
  EXPECT_THROW(metric({result}, "valid.within.d1.0.02"), Error);
}

}  // namespace
}  // namespace matseq
