// A matrix becomes a question to a model, with all that is to be said of it.
#include "data/matrix_question.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "configuration/experiment.h"
#include "matrices.h"
#include "matseq/error.h"
#include "plugins/plugin_loader.h"

namespace matseq {
namespace {

ExperimentData data_of(const std::string& task, const std::string& input, std::int64_t max_len = 30) {
  static PluginLoader loader({MATSEQ_PLUGIN_DIR});
  const std::string text = "[task]\n" + task + "\n[encoding]\ninput = \"" + input +
                           "\"\noutput = \"P1000\"\nmax_dimension = 8\n[model]\nplugin = \"transformer\"\n[optimizer]\n"
                           "plugin = \"adam\"\n[data]\nmax_len = " +
                           std::to_string(max_len) + "\n[evaluation]\nmax_output_len = 8\n";
  return make_experiment_data(read_experiment(parse_toml(text, "test.toml", {}), "."), loader);
}

const std::string eigenvalues = "plugin = \"eigenvalues\"\nmin_dimension = 2\nmax_dimension = 2";

std::string warnings_of(const MatrixQuestion& question) {
  std::string all;
  for (const std::string& warning : question.warnings) all += warning + "; ";
  return all;
}

void expect_warning(const MatrixQuestion& question, const std::string& part) {
  EXPECT_NE(warnings_of(question).find(part), std::string::npos) << part << " is not in: " << warnings_of(question);
}

TEST(MatrixQuestion, WhatIsLikeTheTrainingExamplesIsAskedWithoutAWarning) {
  const ExperimentData data = data_of(eigenvalues, "P1000");
  const MatrixQuestion question = make_question(data, matrix({{2, 1}, {1, 2}}), "");
  EXPECT_EQ(warnings_of(question), "");
  EXPECT_EQ(question.tokens.size(), 14U);
  ASSERT_TRUE(question.has_truth);
  EXPECT_NEAR(question.example.target(0, 0), 3, 1e-12);
  EXPECT_NEAR(question.example.target(1, 0), 1, 1e-12);
}

TEST(MatrixQuestion, AnswersAreReadAndJudged) {
  const ExperimentData data = data_of(eigenvalues, "P1000");
  const MatrixQuestion question = make_question(data, matrix({{2, 1}, {1, 2}}), "");
  std::vector<TokenId> tokens;
  data.output->encode(matrix({{3}, {2}}), Example::no_code, tokens);
  const MatrixAnswer answer = read_answer(data, question, tokens, 0.01);
  EXPECT_EQ(answer.matrix, matrix({{3}, {2}}));
  ASSERT_TRUE(answer.score);
  EXPECT_NEAR(answer.score->d1, 0.25, 1e-12);
  tokens.resize(tokens.size() - 3);
  EXPECT_FALSE(read_answer(data, question, tokens, 0.01).matrix);
  tokens.clear();
  data.output->encode(matrix({{3}}), Example::no_code, tokens);
  const MatrixAnswer other_shape = read_answer(data, question, tokens, 0.01);
  EXPECT_TRUE(other_shape.matrix);
  EXPECT_FALSE(other_shape.score);
}

TEST(MatrixQuestion, WhatTheModelCannotTakeIsNotAskedButAnswered) {
  const ExperimentData data = data_of(eigenvalues, "P1000");
  const MatrixQuestion too_long = make_question(data, matrix({{1, 0, 0}, {0, 2, 0}, {0, 0, 3}}), "");
  EXPECT_TRUE(too_long.tokens.size() == 29U);
  expect_warning(too_long, "unlike the training examples: it is 3 x 3; all that is drawn is 2 x 2");
  expect_warning(too_long, "the true answer takes 11 tokens; the model writes at most 8");
  const MatrixQuestion short_limit =
      make_question(data_of(eigenvalues, "P1000", 29), matrix({{1, 0, 0}, {0, 2, 0}, {0, 0, 3}}), "");
  EXPECT_TRUE(short_limit.tokens.empty());
  EXPECT_TRUE(short_limit.has_truth);
  expect_warning(short_limit, "cannot take it: it takes 29 tokens; an input has fewer than data.max_len = 29");
  const MatrixQuestion large = make_question(data, Matrix(9, 9), "");
  EXPECT_TRUE(large.tokens.empty());
  expect_warning(large, "sizes up to 8 (encoding.max_dimension)");
  const MatrixQuestion many = make_question(data, Matrix(8, 8), "");
  EXPECT_TRUE(many.tokens.empty());
  expect_warning(many, "64 numbers");
}

TEST(MatrixQuestion, WhatIsNotFiniteIsAskedAndHasNoTruth) {
  const ExperimentData data = data_of(eigenvalues, "P1000");
  const double infinite = std::numeric_limits<double>::infinity();
  const MatrixQuestion question = make_question(data, matrix({{1, infinite}, {infinite, 1}}), "");
  EXPECT_FALSE(question.has_truth);
  EXPECT_FALSE(question.tokens.empty());
  EXPECT_EQ(warnings_of(question), "it has entries that are not finite; ");
}

TEST(MatrixQuestion, NumbersBeyondTheEncodingAreSaid) {
  const MatrixQuestion question = make_question(data_of(eigenvalues, "FP15"), matrix({{2e9, 1}, {1, 2}}), "");
  EXPECT_FALSE(question.tokens.empty());
  expect_warning(question, "absolute value 2e+09");
  expect_warning(question, "below 1e+09");
}

TEST(MatrixQuestion, WhatTheTaskCannotSolveHasNoTruth) {
  const MatrixQuestion question = make_question(data_of(eigenvalues, "P1000"), matrix({{1, 2, 3}, {4, 5, 6}}), "");
  EXPECT_FALSE(question.has_truth);
  expect_warning(question, "the task has no answer to it");
  expect_warning(question, "not square");
}

TEST(MatrixQuestion, OfSeveralTasksOneMustBeMeant) {
  const ExperimentData data =
      data_of("plugin = \"cotraining\"\ncotraining_tasks = \"TE\"\nmin_dimension = 2\nmax_dimension = 2", "P1000");
  const Matrix source = matrix({{2, 0}, {0, 3}});
  EXPECT_EQ(make_question(data, source, "E").example.target, matrix({{3}, {2}}));
  EXPECT_EQ(make_question(data, source, "transpose").example.target, source);
  EXPECT_EQ(make_question(data, source, "transpose").tokens.size(), 15U);
  for (const std::string task : {"", "eigenvalue"}) {
    try {
      make_question(data, source, task);
      ADD_FAILURE() << task;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("'transpose', 'eigenvalues'"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace matseq
