// Runs side by side: which belong together, where they are cut, and what is said of them.
#include "report/comparison.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "matseq/error.h"

namespace matseq {
namespace {

struct Evaluated {
  std::int64_t update;
  double seconds;
  double accuracy;
};

/// A run of 10 examples an update.
RunRecord run(const std::string& name, const std::string& rate, int seed, const std::vector<Evaluated>& evaluations) {
  RunRecord record;
  record.folder = "runs/" + name;
  record.name = name;
  record.position.status = RunStatus::finished;
  record.examples_an_update = 10;
  record.settings = {{"optimizer.learning_rate", rate},
                     {"data.seed", std::to_string(seed)},
                     {"training.validation_metrics", "[ \"valid.accuracy\" ]"},
                     {"encoding.input.plugin", "\"positional\""},
                     {"encoding.input.base", "10"},
                     {"encoding.input.precision", "2"},
                     {"encoding.output.plugin", "\"positional\""},
                     {"encoding.output.base", "10"},
                     {"encoding.output.precision", "2"}};
  for (const auto& [update, seconds, accuracy] : evaluations) {
    record.evaluations.push_back(
        {update, 0, seconds, {{"valid", {{"accuracy", accuracy}, {"cross_entropy", 100 - accuracy}}}}});
    record.times.push_back({update, 0, seconds});
  }
  return record;
}

std::vector<RunRecord> two_rates() {
  return {run("a-1", "0.1", 1, {{10, 1, 50}, {20, 2, 90}, {30, 3, 94}}),
          run("b-1", "0.2", 1, {{10, 2, 60}, {20, 4, 70}, {30, 6, 80}}),
          run("a-2", "0.1", 2, {{10, 1, 60}, {20, 2, 94}, {30, 3, 96}}),
          run("b-2", "0.2", 2, {{10, 2, 60}, {20, 4, 71}, {30, 6, 82}})};
}

bool has_note(const Comparison& comparison, const std::string& part) {
  for (const std::string& note : comparison.notes) {
    if (note.find(part) != std::string::npos) return true;
  }
  return false;
}

TEST(Comparison, RunsThatDifferInTheSeedOnlyAreOneRow) {
  const Comparison comparison = compare(two_rates(), {});
  EXPECT_EQ(comparison.metric, "valid.accuracy");
  ASSERT_EQ(comparison.columns, std::vector<std::string>{"optimizer.learning_rate"});
  ASSERT_EQ(comparison.rows.size(), 2U);
  const ComparisonRow& first = comparison.rows[0];
  EXPECT_EQ(first.settings, std::vector<std::string>{"0.1"});
  EXPECT_EQ(first.value.count, 2U);
  EXPECT_DOUBLE_EQ(first.value.mean, 95);
  EXPECT_DOUBLE_EQ(first.value.deviation, std::sqrt(2.0));
  EXPECT_FALSE(first.p);
  EXPECT_EQ(first.runs[1].name, "a-2");
  EXPECT_EQ(first.runs[1].seed, "2");
  EXPECT_DOUBLE_EQ(first.mean_examples(), 300);
  EXPECT_DOUBLE_EQ(first.mean_seconds(), 3);
  EXPECT_DOUBLE_EQ(first.mean_rate(), 100);
  EXPECT_DOUBLE_EQ(comparison.rows[1].value.mean, 81);
  EXPECT_DOUBLE_EQ(comparison.rows[1].p.value(), welch_p(first.value, comparison.rows[1].value).value());
  EXPECT_TRUE(comparison.notes.empty());
}

TEST(Comparison, EncodingsAreCalledByTheirNames) {
  std::vector<RunRecord> runs = two_rates();
  for (const std::size_t i : {1U, 3U}) {
    runs[i].settings["optimizer.learning_rate"] = "0.1";
    for (const std::string side : {"encoding.input.", "encoding.output."}) {
      runs[i].settings.erase(side + "base");
      runs[i].settings[side + "plugin"] = "\"floating_point\"";
      runs[i].settings[side + "exponents"] = "16";
    }
  }
  Comparison comparison = compare(runs, {});
  EXPECT_EQ(comparison.columns, std::vector<std::string>{"encoding"});
  EXPECT_EQ(comparison.rows.at(0).settings.at(0), "P10");
  EXPECT_EQ(comparison.rows.at(1).settings.at(0), "FP15");
  runs[3].settings["encoding.output.exponents"] = "14";
  comparison = compare(runs, {});
  EXPECT_EQ(comparison.columns, (std::vector<std::string>{"encoding.input", "encoding.output"}));
  ASSERT_EQ(comparison.rows.size(), 3U);
  EXPECT_EQ(comparison.rows[2].settings, (std::vector<std::string>{"FP15", "FP15,2,14"}));
}

TEST(Comparison, AllAreCutAtTheExamplesOfTheShortest) {
  std::vector<RunRecord> runs = two_rates();
  runs[3].evaluations.pop_back();
  const Comparison comparison = compare(runs, {});
  EXPECT_EQ(comparison.cut_examples, 200);
  EXPECT_NE(comparison.budget.find("200 examples"), std::string::npos) << comparison.budget;
  EXPECT_NE(comparison.budget.find("'b-2'"), std::string::npos) << comparison.budget;
  EXPECT_NE(comparison.budget.find("300"), std::string::npos) << comparison.budget;
  EXPECT_DOUBLE_EQ(comparison.rows[0].value.mean, 92);
  EXPECT_DOUBLE_EQ(comparison.rows[1].value.mean, 70.5);
}

TEST(Comparison, BudgetsCutEveryRunAtItsLastEvaluationWithin) {
  ComparisonOptions options;
  options.budget_examples = 250;
  Comparison comparison = compare(two_rates(), options);
  EXPECT_DOUBLE_EQ(comparison.rows[0].value.mean, 92);
  EXPECT_EQ(comparison.rows[0].runs[0].examples, 200);
  options = {};
  options.budget_seconds = 4;
  comparison = compare(two_rates(), options);
  EXPECT_DOUBLE_EQ(comparison.rows[0].value.mean, 95);
  EXPECT_DOUBLE_EQ(comparison.rows[1].value.mean, 70.5);
  EXPECT_EQ(comparison.rows[1].runs[0].examples, 200);
  options.budget_examples = 150;
  comparison = compare(two_rates(), options);
  EXPECT_DOUBLE_EQ(comparison.rows[0].value.mean, 55);
}

TEST(Comparison, RunsOutsideTheBudgetAreLeftOutWithANote) {
  ComparisonOptions options;
  options.budget_seconds = 1.5;
  const Comparison comparison = compare(two_rates(), options);
  ASSERT_EQ(comparison.rows.size(), 1U);
  EXPECT_TRUE(has_note(comparison, "no evaluation within the budget: 'b-1', 'b-2'"));
  EXPECT_TRUE(comparison.columns.empty());
  options.budget_seconds = 0.5;
  EXPECT_THROW(compare(two_rates(), options), Error);
}

TEST(Comparison, RunsWithoutTimesCannotBeCutBySeconds) {
  std::vector<RunRecord> runs = two_rates();
  runs[0].evaluations[0].seconds = runs[0].evaluations[1].seconds = runs[0].evaluations[2].seconds = std::nan("");
  ComparisonOptions options;
  options.budget_seconds = 10;
  const Comparison comparison = compare(runs, options);
  EXPECT_EQ(comparison.rows[0].value.count + comparison.rows[1].value.count, 3U);
  EXPECT_TRUE(has_note(comparison, "'a-1'"));
}

TEST(Comparison, RunsShorterThanTheBudgetAreNamed) {
  std::vector<RunRecord> runs = two_rates();
  runs[3].evaluations.pop_back();
  ComparisonOptions options;
  options.budget_examples = 300;
  const Comparison comparison = compare(runs, options);
  EXPECT_TRUE(has_note(comparison, "shorter than the budget: 'b-2'"));
  EXPECT_DOUBLE_EQ(comparison.rows[1].value.mean, 75.5);
}

TEST(Comparison, TheTargetIsReachedAtTheFirstSuchEvaluation) {
  ComparisonOptions options;
  options.target = 94;
  Comparison comparison = compare(two_rates(), options);
  EXPECT_EQ(comparison.rows[0].reached(), 2U);
  EXPECT_DOUBLE_EQ(comparison.rows[0].mean_target_examples(), 250);
  EXPECT_DOUBLE_EQ(comparison.rows[0].mean_target_seconds(), 2.5);
  EXPECT_DOUBLE_EQ(comparison.rows[0].target_p.value(), p_above(comparison.rows[0].value, 94).value());
  EXPECT_GT(comparison.rows[1].target_p.value(), 0.9);
  EXPECT_EQ(comparison.rows[1].reached(), 0U);
  EXPECT_TRUE(std::isnan(comparison.rows[1].mean_target_examples()));
  options.metric = "_valid.cross_entropy";
  options.target = 30;
  comparison = compare(two_rates(), options);
  EXPECT_TRUE(comparison.smaller_is_better);
  EXPECT_DOUBLE_EQ(comparison.rows[1].mean_target_examples(), 200);
  EXPECT_LT(comparison.rows[0].target_p.value(), 0.05);  // 6 and 4 are less than 30
  EXPECT_FALSE(compare(two_rates(), {}).rows[0].target_p);
}

TEST(Comparison, ARepetitionIsNoFurtherEvidence) {
  std::vector<RunRecord> runs = two_rates();
  runs.push_back(runs[0]);
  runs.back().name = "copy";
  const Comparison comparison = compare(runs, {});
  EXPECT_EQ(comparison.rows[0].value.count, 2U);
  EXPECT_TRUE(has_note(comparison, "the same settings and seed as a run before: 'copy'"));
}

TEST(Comparison, RunsWithoutTheFigureAreLeftOut) {
  std::vector<RunRecord> runs = two_rates();
  runs[0].evaluations.clear();
  const Comparison comparison = compare(runs, {});
  EXPECT_TRUE(has_note(comparison, "not yet evaluated with this figure: 'a-1'"));
  ComparisonOptions options;
  options.metric = "valid.accurazy";
  try {
    compare(runs, options);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("valid.accurazy"), std::string::npos) << error.what();
  }
}

TEST(Comparison, FurtherMetricsAreThoseOfTheSameEvaluation) {
  std::vector<RunRecord> runs = two_rates();
  ComparisonOptions options;
  options.further = {"_valid.cross_entropy", "valid.accuracy"};
  options.budget_examples = 200;
  Comparison comparison = compare(runs, options);
  EXPECT_EQ(comparison.further, (std::vector<std::string>{"valid.cross_entropy", "valid.accuracy"}));
  ASSERT_EQ(comparison.rows[0].further.size(), 2U);
  EXPECT_DOUBLE_EQ(comparison.rows[0].further[0].mean, 8);
  EXPECT_DOUBLE_EQ(comparison.rows[0].further[0].deviation, std::sqrt(8.0));
  EXPECT_DOUBLE_EQ(comparison.rows[0].further[1].mean, comparison.rows[0].value.mean);
  runs[0].evaluations[1].sets["valid"].erase("cross_entropy");
  comparison = compare(runs, options);
  EXPECT_TRUE(std::isnan(comparison.rows[0].further[0].mean));
  EXPECT_DOUBLE_EQ(comparison.rows[1].further[0].mean, 29.5);
  options.further = {"valid.speed"};
  try {
    compare(runs, options);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("valid.speed"), std::string::npos) << error.what();
  }
}

TEST(Comparison, RatesAreThoseOfTrainingWhereTheyAreNoted) {
  std::vector<RunRecord> runs = {two_rates()[0]};
  runs[0].times = {{5, 0, 0.5, 400}, {10, 1, 1}, {20, 1, 2, 100}, {30, 2, 3, 50}};
  // 50 examples in 1/8 s, 100 in 1 s and 100 in 2 s; those before an evaluation at no noted rate do not count.
  EXPECT_NEAR(compare(runs, {}).rows[0].mean_rate(), 250 / 3.125, 1e-9);
  ComparisonOptions options;
  options.budget_examples = 250;
  EXPECT_NEAR(compare(runs, options).rows[0].mean_rate(), 150 / 1.125, 1e-9);
}

TEST(Comparison, RowsAreSortedAndTestedAgainstTheNewFirst) {
  Comparison comparison = compare(two_rates(), {});
  sort_rows(comparison, "seconds");
  EXPECT_EQ(comparison.rows[0].settings[0], "0.1");
  sort_rows(comparison, "learning_rate");
  EXPECT_EQ(comparison.rows[0].settings[0], "0.1");
  std::swap(comparison.rows[0], comparison.rows[1]);
  sort_rows(comparison, "value");
  EXPECT_EQ(comparison.rows[0].settings[0], "0.1");
  EXPECT_FALSE(comparison.rows[0].p);
  EXPECT_TRUE(comparison.rows[1].p);
  try {
    sort_rows(comparison, "valeu");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'value'?"), std::string::npos) << error.what();
  }
}

TEST(Comparison, NumbersSortAsNumbers) {
  std::vector<RunRecord> runs = {run("a", "10", 1, {{10, 1, 1}}), run("b", "9", 1, {{10, 1, 2}}),
                                 run("c", "1e-3", 1, {{10, 1, 3}})};
  Comparison comparison = compare(runs, {});
  sort_rows(comparison, "optimizer.learning_rate");
  EXPECT_EQ(comparison.rows[0].settings[0], "1e-3");
  EXPECT_EQ(comparison.rows[2].settings[0], "10");
}

TEST(EvaluationMetric, IsFoundByItsNameWhateverDotsThereAre) {
  const nlohmann::ordered_json sets = {
      {"valid", {{"accuracy", 1.5}, {"within", {{"d1", {{"0.05", 2.5}}}}}}},
      {"valid.ema", {{"accuracy", 3.5}, {"within", {{"d1", {{"0.05", 4.5}, {"0", 5.5}}}}}}}};
  EXPECT_EQ(evaluation_metric(sets, "valid.accuracy"), 1.5);
  EXPECT_EQ(evaluation_metric(sets, "valid.within.d1.0.05"), 2.5);
  EXPECT_EQ(evaluation_metric(sets, "valid.ema.accuracy"), 3.5);
  EXPECT_EQ(evaluation_metric(sets, "valid.ema.within.d1.0.05"), 4.5);
  for (const char* none : {"", "valid", "valid.", "valid.ema", "valid.within.d1", "valid.within.d1.0.02",
                           "other.accuracy", "valid.accuracy.more", "."}) {
    EXPECT_TRUE(std::isnan(evaluation_metric(sets, none))) << none;
  }
}

}  // namespace
}  // namespace matseq
