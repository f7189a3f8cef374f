#include "evaluation/tally.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "evaluation/accuracy.h"

namespace matseq {
namespace {

std::vector<ExampleResult> examples() {
  std::vector<ExampleResult> results(40);
  for (std::size_t i = 0; i < results.size(); ++i) {
    ExampleResult& result = results[i];
    result.category = i % 3 == 0 ? "wide" : "tall";
    result.cross_entropy = 0.1 * static_cast<double>(i);
    if (i % 5 == 0) result.set_perfect();
    if (i % 4 == 1) result.add({.valid = true, .max = 0.03, .d1 = 0.015, .d2 = 0.04, .share = 0.5});
  }
  return results;
}

TEST(Tally, CountsAndDividesOnce) {
  Tally tally({0.05, 0.02});
  for (const ExampleResult& result : examples()) tally.add(result);
  const TestResult result = summarise("valid", tally, "max");
  EXPECT_EQ(result.all.examples, 40U);
  EXPECT_EQ(result.all.perfect, 20);       // 8 of 40
  EXPECT_EQ(result.all.correct, 40);       // and 8 that are not
  EXPECT_EQ(result.all.accuracy, 40);      // all of them below the first tolerance
  EXPECT_EQ(result.all.within[0][1], 20);  // max: the perfect ones only
  EXPECT_EQ(result.all.within[1][1], 40);  // d1
  EXPECT_EQ(result.all.right_coefficients, 30);
  EXPECT_NEAR(result.all.cross_entropy, 1.95, 1e-12);
  EXPECT_EQ(result.classes.at("wide").examples, 14U);
  EXPECT_EQ(result.classes.at("tall").examples, 26U);
}

TEST(Tally, MergedInOrderIsTheSameWhoeverCounted) {
  const std::vector<ExampleResult> results = examples();
  std::vector<Tally> batches;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (i % 7 == 0) batches.emplace_back(std::vector<double>{0.05});
    batches.back().add(results[i]);
  }
  Tally one({0.05});
  for (const Tally& batch : batches) one.merge(batch);
  Tally whole({0.05});
  for (const ExampleResult& result : results) whole.add(result);
  EXPECT_EQ(one.all().examples, whole.all().examples);
  EXPECT_EQ(one.all().within, whole.all().within);
  EXPECT_NEAR(one.all().cross_entropy, whole.all().cross_entropy, 1e-9);
  for (const auto& [category, counts] : whole.classes()) {
    EXPECT_EQ(one.classes().at(category).correct, counts.correct) << category;
    EXPECT_EQ(one.classes().at(category).within, counts.within) << category;
  }
}

TEST(Tally, WhatIsNotFiniteIsNullInJson) {
  Tally tally({0.05});
  ExampleResult result;
  result.category = "any";
  result.cross_entropy = std::numeric_limits<double>::quiet_NaN();
  tally.add(result);
  const nlohmann::ordered_json json = to_json(summarise("valid", tally, "d1"));
  EXPECT_TRUE(json.at("cross_entropy").is_null());
  EXPECT_TRUE(json.at("classes").at("any").at("cross_entropy").is_null());
  EXPECT_EQ(json.at("accuracy"), 0);
}

TEST(Tally, ASetWithoutExamplesHasFigures) {
  const TestResult result = summarise("empty", Tally({0.05}), "d1");
  EXPECT_EQ(result.all.accuracy, 0);
  EXPECT_EQ(to_json(result).at("within").at("d1").at("0.05"), 0);
}

}  // namespace
}  // namespace matseq
