// Repeated training examples and curricula, counted from the example's number alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "configuration/experiment.h"
#include "data/data_check.h"
#include "data/data_statistics.h"
#include "data/example_order.h"
#include "data/experiment_data.h"
#include "make_task.h"
#include "matseq/error.h"

namespace matseq {
namespace {

Experiment experiment_of(const std::string& data) {
  const std::string text =
      "[task]\nplugin = \"transpose\"\nmin_dimension = 1\nmax_dimension = 2\n[encoding]\ninput = \"P1000\"\n"
      "output = \"P1000\"\n[data]\n" +
      data;
  return read_experiment(parse_toml(text, "test.toml", {}), "/");
}

ExperimentData data_of(const std::string& data) { return make_experiment_data(experiment_of(data), test::plugins()); }

ExampleOrder order_of(const std::string& data) { return ExampleOrder(experiment_of(data).data); }

std::vector<std::uint64_t> numbers(const ExampleOrder& order, std::uint64_t first, std::uint64_t count) {
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t k = first; k < first + count; ++k) numbers.push_back(order(k));
  return numbers;
}

TEST(ExampleOrder, WithoutRepetitionEachIsItself) {
  EXPECT_EQ(numbers(order_of(""), 5, 4), (std::vector<std::uint64_t>{5, 6, 7, 8}));
  EXPECT_EQ(numbers(ExampleOrder(), 5, 4), (std::vector<std::uint64_t>{5, 6, 7, 8}));
}

TEST(ExampleOrder, DistinctExamplesComeOnceAPassInAnotherOrder) {
  const ExampleOrder order = order_of("distinct_examples = 100\n");
  std::set<std::vector<std::uint64_t>> orders;
  for (std::uint64_t pass = 0; pass < 20; ++pass) {
    std::vector<std::uint64_t> seen = numbers(order, 100 * pass, 100);
    orders.insert(seen);
    std::ranges::sort(seen);
    for (std::uint64_t i = 0; i < 100; ++i) ASSERT_EQ(seen[i], i) << pass;
  }
  EXPECT_EQ(orders.size(), 20U);
  EXPECT_NE(numbers(order_of("seed = 2\ndistinct_examples = 100\n"), 0, 100), numbers(order, 0, 100));
}

TEST(ExampleOrder, TwoSetsAreDrawnWithTheShareThatIsAskedFor) {
  const ExampleOrder order = order_of("repeated = { examples = 50, share = 0.3 }\n");
  std::map<std::uint64_t, int> counts;
  constexpr std::uint64_t all = 20000;
  for (const std::uint64_t number : numbers(order, 0, all)) ++counts[number];
  int repeated = 0;
  for (std::uint64_t i = 0; i < 50; ++i) {
    repeated += counts[i];
    EXPECT_NEAR(counts[i], 120, 6 * 11) << i;  // six deviations
  }
  EXPECT_NEAR(repeated, 0.3 * all, 6 * 65);
  for (const auto& [number, count] : counts) {
    ASSERT_TRUE(number < 50 || count == 1) << number;
  }
}

TEST(ExampleOrder, TheRestOfTwoSetsMayBeLimitedToo) {
  const ExampleOrder order = order_of("distinct_examples = 150\nrepeated = { examples = 50, share = 0.5 }\n");
  std::map<std::uint64_t, int> counts;
  for (std::uint64_t pass = 0; pass < 50; ++pass) {
    std::map<std::uint64_t, int> in_pass;
    for (const std::uint64_t number : numbers(order, 100 * pass, 100)) ++in_pass[number];
    for (const auto& [number, count] : in_pass) {
      counts[number] += count;
      ASSERT_TRUE(number < 50 || count == 1) << number;
    }
  }
  EXPECT_EQ(counts.size(), 150U);
  EXPECT_EQ(counts.rbegin()->first, 149U);
}

TEST(TrainingData, RepeatsGiveTheSameSequencesAndTestsAreUntouched) {
  const ExperimentData plain = data_of("");
  const ExperimentData repeated = data_of("distinct_examples = 10\n");
  std::set<std::vector<TokenId>> different;
  SequencePair sequences;
  for (std::uint64_t k = 0; k < 50; ++k) {
    repeated.training.examples->get(k, sequences);
    different.insert(sequences.source);
  }
  EXPECT_EQ(different.size(), 10U);
  for (std::uint64_t k = 0; k < 10; ++k) {
    plain.training.examples->get(k, sequences);
    EXPECT_TRUE(different.contains(sequences.source));
    SequencePair other;
    plain.tests[0].examples->get(k, sequences);
    repeated.tests[0].examples->get(k, other);
    EXPECT_EQ(sequences.source, other.source);
  }
}

TEST(TrainingData, MayBeAmongTheTestSets) {
  const ExperimentData data = data_of("distinct_examples = 10\n[evaluation]\ntraining_set = true\n");
  ASSERT_EQ(data.tests.size(), 2U);
  EXPECT_EQ(data.tests[1].name, "training");
  SequencePair trained;
  SequencePair tested;
  for (std::uint64_t k = 0; k < 20; ++k) {
    data.training.examples->get(k, trained);
    data.tests[1].examples->get(k, tested);
    EXPECT_EQ(trained.source, tested.source);
  }
}

constexpr const char* curriculum =
    "[[data.curriculum]]\nfrom = 1000\ntask = { min_dimension = 3, max_dimension = 3 }\n"
    "[[data.curriculum]]\nfrom = 2000\nover = 1000\ntask = { min_dimension = 4, max_dimension = 4 }\n";

TEST(Curriculum, TasksFollowSharplyOrMixedIn) {
  const ExperimentData data = data_of(curriculum);
  const auto counts = [&](std::uint64_t first, std::uint64_t count) {
    return data_statistics(data, data.training, {}, first, count).input.shapes;
  };
  const auto first = counts(0, 1000);
  EXPECT_EQ(first.size(), 2U);
  EXPECT_TRUE(first.contains("1 x 1") && first.contains("2 x 2"));
  EXPECT_EQ(counts(1000, 1000), (std::map<std::string, std::uint64_t>{{"3 x 3", 1000}}));
  EXPECT_EQ(counts(3000, 500), (std::map<std::string, std::uint64_t>{{"4 x 4", 500}}));
  // Of each half of the mixture, a quarter and three quarters.
  EXPECT_NEAR(static_cast<double>(counts(2000, 500)["4 x 4"]), 125, 60);
  EXPECT_NEAR(static_cast<double>(counts(2500, 500)["4 x 4"]), 375, 60);
  EXPECT_EQ(data_statistics(data, data.tests[0], {}, 0, 100).input.shapes.count("4 x 4"), 0U);
}

TEST(Curriculum, EveryTaskOfItIsLookedAtBeforehand) {
  const std::string text = std::string("max_len = 20\n") + curriculum;  // 3 x 3 matrices have 29 tokens
  try {
    check_data(data_of(text));
    FAIL() << "no example of 3 x 3 survives";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("example 1000 of 'train'"), std::string::npos) << error.what();
  }
}

std::string refusal(const std::string& data) {
  try {
    data_of(data);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(TrainingData, WhatCannotBeIsRefusedWithItsPlace) {
  EXPECT_EQ(refusal("distinct_examples = 10\nrepeated = { examples = 10 }\n"),
            "test.toml:10: 'data.repeated.examples' is 10; of 'data.distinct_examples' = 10 at least one must be left");
  EXPECT_NE(refusal("reload_data = \"x\"\ndistinct_examples = 10\n").find("test.toml:10: 'data.distinct_examples'"),
            std::string::npos);
  EXPECT_NE(refusal("repeated = { examples = 10, share = 2.0 }\n").find("share"), std::string::npos);
  EXPECT_NE(refusal("repeated = { exmples = 10 }\n").find("exmples"), std::string::npos);
  EXPECT_NE(refusal("[[data.curriculum]]\nover = 3\n").find("needs 'from'"), std::string::npos);
  EXPECT_NE(refusal("[[data.curriculum]]\nfrom = 3\nuntil = 4\n").find("until"), std::string::npos);
  EXPECT_NE(refusal("[[data.curriculum]]\nfrom = 3\ntask = { max_dimensions = 4 }\n").find("max_dimensions"),
            std::string::npos);
  EXPECT_NE(refusal("[[data.curriculum]]\nfrom = 3\nover = 5\n[[data.curriculum]]\nfrom = 8\n")
                .find("'from' is 8; the stage before it begins, or ends to be mixed in, with example 8"),
            std::string::npos);
}

TEST(DataStatistics, CountsWhatIsThere) {
  const ExperimentData data = data_of("distinct_examples = 20\nmax_len = 17\n");  // 2 x 2 matrices have 14 tokens
  const DataStatistics statistics = data_statistics(data, data.training, {}, 0, 100);
  EXPECT_EQ(statistics.counts.examples, 100U);
  EXPECT_EQ(statistics.counts.rejections(), 0U);
  EXPECT_EQ(statistics.different_inputs, 20U);
  EXPECT_EQ(statistics.different_examples, 20U);
  EXPECT_EQ(statistics.classes.at("1-1") + statistics.classes.at("2-2"), 100U);
  EXPECT_EQ(statistics.classes.at("2-2"), statistics.target.shapes.at("2 x 2"));
  EXPECT_EQ(statistics.input.lengths.minimum, 5);
  EXPECT_EQ(statistics.input.lengths.maximum, 14);
  EXPECT_EQ(statistics.input.coefficients.count, 4 * statistics.classes.at("2-2") + statistics.classes.at("1-1"));
  EXPECT_GT(statistics.input.coefficients.maximum, 5);
  EXPECT_LE(statistics.input.coefficients.maximum, 10);
  std::uint64_t tokens = 0;
  for (const std::uint64_t count : statistics.target.tokens) tokens += count;
  EXPECT_EQ(static_cast<double>(tokens), 100 * statistics.target.lengths.mean);
  EXPECT_EQ(statistics.target.tokens.at(static_cast<std::size_t>(*data.vocabulary->id("V2"))),
            2 * statistics.classes.at("2-2"));
  ASSERT_EQ(statistics.right_targets.size(), 4U);
  for (const auto& [tolerance, right] : statistics.right_targets) EXPECT_EQ(right, 100U) << tolerance;
}

// An inverse of three digits times a matrix that is nearly singular is not the identity.
TEST(DataStatistics, CountsTargetsThatAreRightOnceRounded) {
  const auto right_targets = [](const std::string& encoding, const std::string& evaluation) {
    const Experiment experiment = read_experiment(
        parse_toml("[task]\nplugin = \"invert_matrix\"\nmin_dimension = 2\nmax_dimension = 2\n[encoding]\ninput = " +
                       encoding + "\noutput = " + encoding + "\n[evaluation]\ntolerances = [0.05, 0.005]\n" +
                       evaluation,
                   "test.toml", {}),
        "/");
    const ExperimentData data = make_experiment_data(experiment, test::plugins());
    return data_statistics(data, data.tests[0], experiment.evaluation, 0, 2000).right_targets;
  };
  const auto rounded = right_targets("\"P1000\"", "");
  ASSERT_EQ(rounded.size(), 2U);
  EXPECT_EQ(rounded[0].first, 0.05);
  // 98.0% and 81.4% of 200,000 such matrices, by another program; three standard deviations of 2,000.
  EXPECT_NEAR(static_cast<double>(rounded[0].second), 1960, 20);
  EXPECT_NEAR(static_cast<double>(rounded[1].second), 1628, 53);
  const auto by_largest = right_targets("\"P1000\"", "norm = \"max\"\n");
  EXPECT_NE(by_largest[1].second, rounded[1].second);
  const auto fine = right_targets("{ plugin = \"positional\", base = 1000, precision = 6 }", "");
  EXPECT_GT(fine[1].second, 1990U);
}

}  // namespace
}  // namespace matseq
