#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "analysis/failure_analysis.h"
#include "analysis/prediction_reader.h"
#include "make_task.h"
#include "matseq/error.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// A line with some texts replaced: what a test is about stands in the test.
struct Line {
  std::string set = R"("valid")";
  std::string task = R"("syminverse")";
  std::string source = "[[2]]";
  std::string target = "[[0.5]]";
  std::string hypotheses = "[[[0.51]]]";
  std::string perfect = "false";
  std::string correct = "true";
  std::string errors = R"({"max":0.02,"d1":0.02,"d2":0.0004})";
  std::string more = "";

  std::string text() const {
    return R"({"set":)" + set + R"(,"task":)" + task + R"(,"class":"1-1","source":)" + source + R"(,"target":)" +
           target + R"(,"hypotheses":)" + hypotheses + R"(,"perfect":)" + perfect + R"(,"correct":)" + correct +
           R"(,"errors":)" + errors + R"(,"right_coefficients":0.5)" + more + "}";
  }
};

std::string refusal(const std::string& line) {
  try {
    FailureAnalysis analysis(test::make_named_task);
    analysis.add(parse_prediction(line));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

void expect_refusal(const Line& line, const std::string& part) {
  const std::string message = refusal(line.text());
  EXPECT_NE(message.find(part), std::string::npos) << "'" << part << "' is not in '" << message << "'";
  EXPECT_LT(message.size(), 400U);
}

TEST(PredictionReader, ReadsALine) {
  const PredictedExample example = parse_prediction(
      Line{.hypotheses = "[null,[[0.5,1],[2,\"-1e-3\"]]]", .more = R"(,"tokens":["+ 1"],"deep":[[{"a":[]}]])"}.text());
  EXPECT_EQ(example.set, "valid");
  EXPECT_EQ(example.task, "syminverse");
  EXPECT_EQ(example.truth.source(0, 0), 2);
  EXPECT_EQ(example.truth.target(0, 0), 0.5);
  ASSERT_EQ(example.hypotheses.size(), 2U);
  EXPECT_FALSE(example.hypotheses[0].has_value());
  EXPECT_EQ((*example.hypotheses[1])(1, 1), -0.001);
  EXPECT_FALSE(example.perfect);
  EXPECT_TRUE(example.correct);
  EXPECT_EQ(example.d1, 0.02);
}

TEST(PredictionReader, ErrorsMayBeTextsOrMissing) {
  const auto error = [](const std::string& value) {
    return parse_prediction(Line{.errors = R"({"d1":)" + value + "}"}.text()).d1;
  };
  EXPECT_EQ(error("null"), infinity);
  EXPECT_EQ(error("\"inf\""), infinity);
  EXPECT_EQ(error("\"nan\""), infinity);
  EXPECT_EQ(error("\"0.25\""), 0.25);
  EXPECT_EQ(error("0"), 0);
  EXPECT_EQ(error("1e-300"), 1e-300);
}

TEST(PredictionReader, RefusesWhatIsNoPrediction) {
  EXPECT_NE(refusal(""), "");
  for (const char* text :
       {"x", "{", "null", "[]", "3", "{}", "{\"set\":1}", "NaN", "[[[[", "\"\\ud800\"", "{\"set\":\"\xff\"}"}) {
    EXPECT_NE(refusal(text), "") << text;
  }
  EXPECT_EQ(refusal(Line{}.text()), "");
  const std::string whole = Line{}.text();
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_NE(refusal(whole.substr(0, length)), "") << length;

  expect_refusal({.set = "3"}, "'set' must be a name");
  expect_refusal({.set = "\"\""}, "'set' must be a name");
  expect_refusal({.set = "\"a\\u001b[2J\""}, "'set' must be a name");
  expect_refusal({.set = "\"\\u009b2J\""}, "'set' must be a name");
  expect_refusal({.set = "\"\\uffff\""}, "'set' must be a name");
  expect_refusal({.task = "\"" + std::string(201, 'a') + "\""}, "'task' must be a name");
  expect_refusal({.task = "null"}, "'task' must be a name");
  expect_refusal({.source = "7"}, "'source'");
  expect_refusal({.source = "[]"}, "'source'");
  expect_refusal({.source = "[[]]"}, "'source'");
  expect_refusal({.source = "[[1,2],[3]]"}, "rows of 2 and of 1 entries");
  expect_refusal({.source = "[[true]]"}, "'source'");
  expect_refusal({.source = "[[NaN]]"}, "not JSON");
  expect_refusal({.source = "[[1e999]]"}, "not JSON");
  expect_refusal({.source = "[[\"inf\"]]"}, "not finite");
  expect_refusal({.target = "[[\"one\"]]"}, "'target'");
  expect_refusal({.target = "[[1,2],[3,4]]"}, "'source' is 1 x 1 where 2 x 2 is accepted");
  expect_refusal({.hypotheses = "null"}, "'hypotheses' must be a list");
  expect_refusal({.hypotheses = "[1]"}, "'hypotheses'");
  expect_refusal({.hypotheses = "[[[1],[2,3]]]"}, "'hypotheses'");
  expect_refusal({.perfect = "1"}, "'perfect' must be true or false");
  expect_refusal({.correct = "\"true\""}, "'correct' must be true or false");
  expect_refusal({.errors = "null"}, "'errors' must be an object");
  expect_refusal({.errors = "{}"}, "'d1' is missing");
  expect_refusal({.errors = R"({"d1":-0.1})"}, "'d1' must be a number >= 0");
  expect_refusal({.errors = R"({"d1":"much"})"}, "'d1' must be a number >= 0");
  expect_refusal({.errors = R"({"d1":[1]})"}, "'d1' must be a number >= 0");
}

TEST(PredictionReader, SurvivesDeepAndWideLines) {
  const std::string open(1000000, '[');
  const std::string close(1000000, ']');
  expect_refusal({.source = open + close}, "nested deeper");
  expect_refusal({.hypotheses = open + close}, "nested deeper");
  expect_refusal({.more = ",\"other\":" + open + close}, "nested deeper");
  EXPECT_NE(refusal(open), "");

  std::string row = "[[0";
  for (int i = 1; i < 1000000; ++i) row += ",0";
  row += "]]";
  expect_refusal({.source = row}, "'source' is 1 x 1000000 where 1 x 1");
  expect_refusal({.target = row}, "at most 256 rows and columns");
  EXPECT_EQ(refusal(Line{.hypotheses = "[" + row + "]"}.text()), "");  // of another shape, so it has no measures
  EXPECT_EQ(refusal(Line{.task = R"("transpose")", .source = row}.text()), "");
}

class PredictionFile : public ::testing::Test {
 protected:
  std::uint64_t read(const std::string& content) {
    write_file(folder_ / "predictions.jsonl", content);
    return read_predictions(folder_ / "predictions.jsonl", [this](const PredictedExample& example) {
      sets_ += example.set;
      analysis_.add(example);
    });
  }
  std::string failure(const std::string& content) {
    try {
      read(content);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  TemporaryFolder folder_;
  FailureAnalysis analysis_{test::make_named_task};
  std::string sets_;
};

TEST_F(PredictionFile, LinesInOrder) {
  const std::string a = Line{.set = "\"a\""}.text();
  const std::string b = Line{.set = "\"b\""}.text();
  EXPECT_EQ(read(a + "\n\n" + b + "\r\n  \n" + a), 3U);
  EXPECT_EQ(sets_, "aba");
  EXPECT_EQ(read(""), 0U);
  EXPECT_EQ(read("\xEF\xBB\xBF" + a), 1U);
}

TEST_F(PredictionFile, BadLinesAreNamed) {
  const std::string good = Line{}.text() + "\n";
  const std::string message = failure(good + "\n" + good + "{\"set\": 5}\n" + good);
  EXPECT_NE(message.find("predictions.jsonl, line 4: 'set'"), message.npos) << message;
  // What only the task can tell is wrong is named in the same way.
  const std::string of_task = failure(good + Line{.source = "[[1,2]]"}.text());
  EXPECT_NE(of_task.find("line 2: task 'syminverse': 'source' is 1 x 2"), message.npos) << of_task;
  EXPECT_NE(failure(good + std::string(20000000, ' ') + "\n").find("line 2: a line longer than"), message.npos);
  EXPECT_NE(failure(good + std::string(3, '\0') + "\n").find("line 2: "), message.npos);
}

TEST_F(PredictionFile, FilesThatCannotBeRead) {
  const auto use = [](const PredictedExample&) {};
  EXPECT_THROW(read_predictions(folder_ / "none.jsonl", use), Error);
  EXPECT_THROW(read_predictions(folder_.path(), use), Error);
}

PredictionGroup analysed(std::initializer_list<Line> lines) {
  FailureAnalysis analysis(test::make_named_task);
  for (const Line& line : lines) analysis.add(parse_prediction(line.text()));
  EXPECT_EQ(analysis.groups().size(), 1U);
  return analysis.groups().at(0);
}

TEST(FailureAnalysisGroups, BySetAndTaskInOrder) {
  FailureAnalysis analysis(test::make_named_task);
  for (const char* set : {"\"valid\"", "\"laplace\"", "\"valid\""}) {
    for (const char* task : {"\"transpose\"", "\"syminverse\""}) {
      analysis.add(parse_prediction(Line{.set = set, .task = task}.text()));
    }
  }
  const auto& groups = analysis.groups();
  ASSERT_EQ(groups.size(), 4U);
  EXPECT_EQ(groups[0].set + groups[0].task, "validtranspose");
  EXPECT_EQ(groups[1].set + groups[1].task, "validsyminverse");
  EXPECT_EQ(groups[2].set + groups[2].task, "laplacetranspose");
  EXPECT_EQ(groups[3].set + groups[3].task, "laplacesyminverse");
  EXPECT_EQ(groups[0].size(), 2U);
  EXPECT_EQ(groups[3].size(), 1U);
  EXPECT_EQ(groups[0].measures, nullptr);
  EXPECT_TRUE(groups[0].deviations.empty());
  EXPECT_NE(groups[1].measures, nullptr);
  EXPECT_EQ(groups[1].deviations.size(), 2U);
}

TEST(FailureAnalysisGroups, TooManyAreRefused) {
  FailureAnalysis analysis(test::make_named_task);
  const auto add = [&](int number) {
    analysis.add(parse_prediction(Line{.set = "\"" + std::to_string(number) + "\""}.text()));
  };
  for (int number = 0; number < 1000; ++number) add(number);
  EXPECT_NO_THROW(add(5));
  EXPECT_THROW(add(1000), Error);
}

TEST(FailureAnalysisExamples, PerfectOnesPredictTheirTarget) {
  const PredictionGroup group = analysed({{.hypotheses = "[]", .perfect = "true", .errors = R"({"d1":null})"},
                                          {.hypotheses = "[[[7]]]", .perfect = "true", .errors = R"({"d1":0})"}});
  EXPECT_EQ(group.perfect, 2U);
  EXPECT_EQ(group.correct, 2U);
  EXPECT_EQ(group.not_decodable, 0U);
  EXPECT_EQ(group.errors, (std::vector<double>{0, 0}));
  EXPECT_EQ(group.deviations[0], (std::vector<double>{0, 0}));
  EXPECT_EQ(group.deviations[1], (std::vector<double>{0, 0}));
}

TEST(FailureAnalysisExamples, WhatCannotBeMeasured) {
  const std::string none = R"({"d1":null})";
  const PredictionGroup group = analysed({{.hypotheses = "[null,null]", .correct = "false", .errors = none},
                                          {.hypotheses = "[]", .correct = "false", .errors = none},
                                          {.hypotheses = "[[[1,2]]]", .correct = "false", .errors = none},
                                          {.hypotheses = "[[[\"inf\"]]]", .correct = "false", .errors = none},
                                          {.source = "null", .target = "null", .correct = "false", .errors = none}});
  EXPECT_EQ(group.size(), 5U);
  EXPECT_EQ(group.correct, 0U);
  EXPECT_EQ(group.not_decodable, 2U);
  for (std::size_t i = 0; i < group.size(); ++i) {
    EXPECT_EQ(group.errors[i], infinity);
    EXPECT_TRUE(std::isnan(group.deviations[0][i]));
    // The input's condition number does not need a prediction.
    EXPECT_EQ(std::isnan(group.conditions[i]), i == 4) << i;
  }
}

TEST(FailureAnalysisExamples, TheBestOfSeveralHypothesesIsMeasured) {
  const PredictionGroup group = analysed({{.hypotheses = "[null,[[1,2]],[[0.6]],[[0.51]],[[0.4]]]"}});
  EXPECT_NEAR(group.deviations[0].at(0), 0.02, 1e-15);
  EXPECT_NEAR(group.deviations[1].at(0), 0.02, 1e-15);
}

TEST(FailureAnalysisExamples, ConditionsOfEigenvectorsAreOfThePrediction) {
  const PredictionGroup group = analysed({{.task = R"("eigenvectors")",
                                           .source = "[[1,0],[0,3]]",
                                           .target = "[[1,3],[1,0],[0,1]]",
                                           .hypotheses = "[[[1,3],[2,0],[0,0.5]]]"},
                                          {.task = R"("eigenvectors")",
                                           .source = "[[1,0],[0,3]]",
                                           .target = "[[1,3],[1,0],[0,1]]",
                                           .hypotheses = "[null]",
                                           .correct = "false",
                                           .errors = R"({"d1":null})"}});
  EXPECT_DOUBLE_EQ(group.conditions.at(0), 4);
  EXPECT_TRUE(std::isnan(group.conditions.at(1)));
}

}  // namespace
}  // namespace matseq
