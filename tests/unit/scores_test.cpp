#include "matseq/scores.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "make_task.h"
#include "matseq/error.h"
#include "score_command.h"

namespace matseq {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

Matrix matrix(std::initializer_list<std::initializer_list<double>> rows) {
  Matrix result(rows.size(), rows.begin()->size());
  std::size_t i = 0;
  for (const auto& row : rows) {
    for (const double value : row) result.values()[i++] = value;
  }
  return result;
}

Score difference(const Matrix& target, const Matrix& hypothesis, double tolerance = 0.01) {
  return difference_score({.source = target, .target = target}, hypothesis, tolerance);
}

TEST(Scores, DifferencesAreRatiosOfNorms) {
  const Score score = difference(matrix({{4, 0}, {-2, 2}}), matrix({{4, 1}, {-2, 4}}));
  EXPECT_TRUE(score.valid);
  EXPECT_DOUBLE_EQ(score.max, 2.0 / 4);
  EXPECT_DOUBLE_EQ(score.d1, 3.0 / 8);
  EXPECT_DOUBLE_EQ(score.d2, 5.0 / 24);
  EXPECT_DOUBLE_EQ(score.share, 0.5);
}

TEST(Scores, ZeroReferenceIsPerfectOrInvalid) {
  const Score perfect = difference(matrix({{0, 0}}), matrix({{0, -0.0}}));
  EXPECT_TRUE(perfect.valid);
  EXPECT_EQ(perfect.max + perfect.d1 + perfect.d2, 0);
  EXPECT_EQ(perfect.share, 1);
  const Score wrong = difference(matrix({{0, 0}}), matrix({{0, 1e-300}}));
  EXPECT_FALSE(wrong.valid);
  EXPECT_EQ(wrong.share, 0);
}

TEST(Scores, WrongShapesAndValuesThatAreNotFiniteAreInvalid) {
  const Matrix target = matrix({{1, 2}});
  EXPECT_FALSE(difference(target, matrix({{1}, {2}})).valid);
  EXPECT_FALSE(difference(target, matrix({{1, 2, 3}})).valid);
  EXPECT_FALSE(difference(target, Matrix()).valid);
  EXPECT_FALSE(difference(target, matrix({{1, infinity}})).valid);
  EXPECT_FALSE(difference(target, matrix({{std::nan(""), 2}})).valid);
}

TEST(Scores, ErrorsTooLargeForADoubleAreInfinite) {
  const Score score = difference(matrix({{1, 2}}), matrix({{1e300, 2}}));
  EXPECT_TRUE(score.valid);
  EXPECT_DOUBLE_EQ(score.max, 5e299);
  EXPECT_EQ(score.d2, infinity);
  EXPECT_DOUBLE_EQ(score.share, 0.5);
  const Matrix huge = matrix({{1e300, -1e300}, {1e300, 1e300}});
  const Score residual = inverse_score({.source = huge, .target = huge}, huge, 0.01, false);
  EXPECT_TRUE(residual.valid);
  EXPECT_EQ(residual.max, infinity);
  EXPECT_EQ(residual.d1, infinity);
  EXPECT_EQ(residual.d2, infinity);
}

TEST(Scores, TasksRefuseWhatIsNotTheirs) {
  const Matrix square = matrix({{1, 2}, {3, 4}});
  const Matrix row = matrix({{1, 2, 3}});
  for (const char* name : {"transpose", "eigenvectors", "invert_matrix", "syminverse"}) {
    const auto task = test::make_task(name);
    EXPECT_THROW(task->score({.source = square, .target = row}, row, 0.01), Error) << name;
  }
  EXPECT_FALSE(test::make_task("eigenvectors")->score({.source = square, .target = square}, square, 0.01).valid);
  EXPECT_FALSE(test::make_task("singularvectors")->score({.source = square, .target = row}, row, 0.01).valid);
}

TEST(Scores, EveryTaskAcceptsItsOwnTarget) {
  for (const char* name : {"transpose", "matrix_sum", "matrix_vector", "matrix_product", "eigenvalues", "eigenvectors",
                           "invert_matrix", "syminverse", "singularvalues", "singularvectors"}) {
    const auto task = test::make_task(name);
    for (std::uint64_t number = 0; number < 20; ++number) {
      const Example example = test::draw_example(*task, number);
      const Score score = task->score(example, example.target, 0.01);
      EXPECT_TRUE(score.valid) << name;
      EXPECT_LT(score.max + score.d1 + score.d2, 1e-9) << name;
      Matrix wrong = example.target;
      wrong(0, 0) += 1;
      EXPECT_GT(task->score(example, wrong, 0.01).d1, 1e-4) << name;
    }
  }
}

TEST(Scores, EigenvectorsMayHaveEitherSign) {
  const auto task = test::make_task("eigenvectors");
  const Example example = test::draw_example(*task, 0);
  Matrix flipped = example.target;
  for (std::size_t row = 1; row < flipped.rows(); ++row) flipped(row, 2) *= -1;
  EXPECT_LT(task->score(example, flipped, 0.01).d1, 1e-12);
}

TEST(Scores, ClassicEvalScoresInversesByTheirDifference) {
  const auto classic = test::make_task("invert_matrix", {{"classic_eval", true}});
  const Example example = test::draw_example(*classic, 0);
  Matrix hypothesis = example.target;
  for (double& value : hypothesis.values()) value *= 1.02;
  const Score score = classic->score(example, hypothesis, 0.01);
  EXPECT_NEAR(score.d1, 0.02, 1e-9);
  EXPECT_EQ(score.share, 0);
  EXPECT_GT(test::make_task("invert_matrix")->score(example, hypothesis, 0.01).share, 0);
}

std::string scored(const std::string& lines) {
  std::istringstream in(lines);
  std::ostringstream out;
  score_lines(in, out, [](const std::string& name, const ParameterTable& table) {
    return test::plugins().make_task(name, table);
  });
  return out.str();
}

TEST(ScoreCommand, ReadsNumbersAndTextsAndWritesALineEach) {
  EXPECT_EQ(
      scored(R"({"task": "transpose", "source": [[1, "2.0"]], "target": [["1"], [2]], "hypothesis": [[1.5], ["2"]]})"
             "\n\n"
             R"({"operation": "transpose", "source": [[1, 2]], "target": [[1], [2]], "hypothesis": null})"
             "\n"
             R"({"task": "transpose", "source": [[1, 2]], "target": [[1], [2]], "hypothesis": [["nan"], [2]]})"
             "\n"
             R"({"task": "transpose", "source": [[1, 2]], "target": [[1], [2]], "hypothesis": [[1e200], [2]]})"),
      "{\"max\": 0.25, \"d1\": 0.16666666666666666, \"d2\": 0.05, \"nb\": 0.5}\n"
      "{\"max\": null, \"d1\": null, \"d2\": null, \"nb\": null}\n"
      "{\"max\": null, \"d1\": null, \"d2\": null, \"nb\": null}\n"
      "{\"max\": 5e+199, \"d1\": 3.3333333333333334e+199, \"d2\": \"inf\", \"nb\": 0.5}\n");
}

TEST(ScoreCommand, TakesToleranceAndClassicEvalFromTheLine) {
  const std::string matrices = R"("source": [[2]], "target": [[0.5]], "hypothesis": [[0.6]])";
  const auto share = [&](const std::string& options) {
    return nlohmann::json::parse(scored("{\"task\": \"invert_matrix\", " + options + matrices + "}"))["nb"];
  };
  EXPECT_EQ(share(""), 0.0);
  EXPECT_EQ(share("\"coeff_tolerance\": 0.3, "), 1.0);
  EXPECT_EQ(share("\"coeff_tolerance\": \"0.1\", "), 0.0);
  const std::string with_classic = scored("{\"task\": \"invert_matrix\", \"classic_eval\": true, " + matrices + "}");
  EXPECT_NEAR(nlohmann::json::parse(with_classic)["d2"].get<double>(), 0.04, 1e-12);
}

TEST(ScoreCommand, AByteOrderMarkSaysNothing) {
  const std::string line = R"({"task": "transpose", "source": [[1]], "target": [[1]], "hypothesis": [[1]]})";
  EXPECT_EQ(scored("\xEF\xBB\xBF" + line), scored(line));
}

TEST(ScoreCommand, NumbersAreReadAsEverywhere) {
  const std::string found =
      scored(R"({"task": "transpose", "source": [["+2"]], "target": [[" 0x1p1"]], "hypothesis": [["1e0"]]})");
  EXPECT_EQ(nlohmann::json::parse(found)["d1"], 0.5);
}

TEST(ScoreCommand, BadLinesAreErrorsWithTheirNumber) {
  const std::string good = R"({"task": "transpose", "source": [[1]], "target": [[1]], "hypothesis": [[1]]})";
  for (const std::string bad :
       {"nonsense", "[1]", "{}", R"({"task": 3})", R"({"task": "transpose", "source": [[1]], "target": [[1]]})",
        R"({"task": "transpose", "source": [], "target": [[1]], "hypothesis": null})",
        R"({"task": "transpose", "source": [[1], [1, 2]], "target": [[1]], "hypothesis": null})",
        R"({"task": "transpose", "source": [["1x"]], "target": [[1]], "hypothesis": null})",
        R"({"task": "transpose", "source": [[true]], "target": [[1]], "hypothesis": null})",
        R"({"task": "transpose", "source": [[1, 2]], "target": [[1]], "hypothesis": [[1]]})",
        R"({"task": "cotraining", "source": [[1]], "target": [[1]], "hypothesis": [[1]]})",
        R"({"task": "no_such_task", "source": [[1]], "target": [[1]], "hypothesis": [[1]]})"}) {
    try {
      scored(good + "\n" + bad + "\n" + good);
      ADD_FAILURE() << "accepted: " << bad;
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find("line 2 of the input: "), 0U) << error.what();
    }
  }
}

}  // namespace
}  // namespace matseq
