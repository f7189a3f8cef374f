// What tasks answer to matrices that others bring, and what they find unlike their own.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "data/recoded_task.h"
#include "make_task.h"
#include "matrices.h"

namespace matseq {
namespace {

using test::draw_example;
using test::make_task;
using Text = std::string;
using Texts = std::vector<std::string>;
using Integer = std::int64_t;

const Texts elementary = {"transpose",    "matrix_sum",    "matrix_vector", "matrix_product", "eigenvalues",
                          "eigenvectors", "invert_matrix", "syminverse",    "singularvalues", "singularvectors"};

/// Example of a source alone.
Example question(const Matrix& source, int code = Example::no_code) { return {source, Matrix(3, 1), code}; }

std::string joined(const Texts& texts) {
  std::string all;
  for (const Text& text : texts) all += text + "; ";
  return all;
}

TEST(TaskAnswers, TheAnswerToADrawIsItsTarget) {
  Texts names = elementary;
  names.emplace_back("cotraining");
  for (const Text& name : names) {
    const auto task = make_task(name, {{"min_dimension", Integer{1}}, {"max_dimension", Integer{6}}});
    for (std::uint64_t number = 0; number < 40; ++number) {
      const Example drawn = draw_example(*task, number);
      Example asked = question(drawn.source, drawn.code);
      ASSERT_TRUE(task->answer(asked)) << name << " " << number;
      EXPECT_EQ(asked.target, drawn.target) << name << " " << number;
      EXPECT_EQ(asked.source, drawn.source) << name;
    }
  }
}

TEST(TaskAnswers, WhatIsDrawnIsHardlyEverUnfamiliar) {
  Texts names = elementary;
  names.emplace_back("cotraining");
  for (const Text& name : names) {
    for (const Text& generator : {Text("uniform"), Text("gaussian")}) {
      const auto task = make_task(name, {{"min_dimension", Integer{1}},
                                         {"max_dimension", Integer{7}},
                                         {"generator", generator},
                                         {"noisy_input", true}});
      for (std::uint64_t number = 0; number < 500; ++number) {
        const Example drawn = draw_example(*task, number);
        EXPECT_TRUE(task->unfamiliar(drawn).empty()) << name << " " << joined(task->unfamiliar(drawn));
      }
    }
  }
}

TEST(TaskAnswers, NoDistributionOfEigenvaluesIsUnfamiliarToItself) {
  for (const Text& distribution : {Text("semicircle"), Text("positive"), Text("uniform"), Text("gaussian"),
                                   Text("laplace"), Text("positive2"), Text("marcenko")}) {
    const auto task = make_task(
        "eigenvalues",
        {{"min_dimension", Integer{1}}, {"max_dimension", Integer{10}}, {"eigen_distribution", Texts{distribution}}});
    for (std::uint64_t number = 0; number < 500; ++number) {
      const Example drawn = draw_example(*task, number);
      EXPECT_TRUE(task->unfamiliar(drawn).empty()) << distribution << " " << joined(task->unfamiliar(drawn));
    }
  }
}

TEST(TaskAnswers, ShapesThatATaskCannotTakeHaveNoAnswer) {
  const Matrix wide(2, 3);
  for (const char* name :
       {"eigenvalues", "eigenvectors", "invert_matrix", "syminverse", "matrix_sum", "matrix_product"}) {
    Example asked = question(wide);
    EXPECT_FALSE(make_task(name)->answer(asked)) << name;
    EXPECT_FALSE(make_task(name)->unfamiliar(asked).empty()) << name;
  }
  Example column = question(Matrix(3, 1));
  EXPECT_FALSE(make_task("matrix_vector")->answer(column));
  Example singular = question(Matrix(2, 2));
  EXPECT_FALSE(make_task("invert_matrix")->answer(singular));
}

TEST(TaskAnswers, WhatIsNotFiniteHasNoAnswer) {
  for (const double value : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    for (const Text& name : elementary) {
      Example asked = question(matrix({{1, value}, {value, 1}}));
      EXPECT_FALSE(make_task(name)->answer(asked)) << name;
      EXPECT_NE(joined(make_task(name)->unfamiliar(asked)).find("not finite"), Text::npos) << name;
    }
  }
}

TEST(TaskAnswers, SignsThatAreNeverDrawnAreUnfamiliar) {
  const auto differences = [](double share, double coefficient) {
    const auto task = make_task(
        "transpose", {{"min_dimension", Integer{2}}, {"max_dimension", Integer{2}}, {"positive_share", share}});
    return joined(task->unfamiliar(question(matrix({{1, 2}, {3, coefficient}}))));
  };
  EXPECT_NE(differences(1, -4).find("negative coefficients"), Text::npos);
  EXPECT_EQ(differences(1, 4), "");
  EXPECT_NE(differences(0, 4).find("not negative"), Text::npos);
  EXPECT_EQ(differences(0.9, -4), "");
}

TEST(TaskAnswers, AnswersBeyondTheParametersOfTheDraw) {
  const auto transpose = make_task("transpose", {{"min_dimension", Integer{2}}, {"max_dimension", Integer{2}}});
  Example asked = question(matrix({{100, 2, 3}}));
  ASSERT_TRUE(transpose->answer(asked));
  EXPECT_EQ(asked.target, matrix({{100}, {2}, {3}}));
  const Text differences = joined(transpose->unfamiliar(asked));
  EXPECT_NE(differences.find("it is 1 x 3; what is drawn is 2 x 2"), Text::npos) << differences;
  EXPECT_NE(differences.find("absolute value 100; those drawn are up to 10"), Text::npos) << differences;
}

TEST(TaskAnswers, DifferencesOfSymmetricMatrices) {
  const auto task = make_task("eigenvalues", {{"min_dimension", Integer{2}}, {"max_dimension", Integer{3}}});
  EXPECT_TRUE(task->unfamiliar(question(matrix({{1.5, 2}, {2, -3}}))).empty());
  // The solver would read the lower triangle only, and answer to another matrix.
  Example lopsided = question(matrix({{1.5, 2}, {1, -3}}));
  EXPECT_NE(joined(task->unfamiliar(lopsided)).find("not symmetric"), Text::npos);
  EXPECT_FALSE(task->answer(lopsided));
  EXPECT_NE(joined(task->unfamiliar(question(matrix({{1}})))).find("from 2 x 2 to 3 x 3"), Text::npos);
  EXPECT_NE(joined(task->unfamiliar(question(matrix({{1, 2, 3}})))).find("not square"), Text::npos);
  EXPECT_NE(joined(task->unfamiliar(question(matrix({{50, 2}, {2, 1}})))).find("50"), Text::npos);
  const auto positive = make_task(
      "eigenvalues",
      {{"min_dimension", Integer{2}}, {"max_dimension", Integer{2}}, {"eigen_distribution", Texts{"positive"}}});
  EXPECT_TRUE(positive->unfamiliar(question(matrix({{2, 1}, {1, 2}}))).empty());
  EXPECT_NE(joined(positive->unfamiliar(question(matrix({{1, 2}, {2, 1}})))).find("negative eigenvalue, -1"),
            Text::npos);
}

TEST(TaskAnswers, MatricesOfTinyNumbersAreUnfamiliar) {
  const auto task = make_task("transpose");
  Matrix tiny(5, 5);
  for (double& entry : tiny.values()) entry = 1e-3;
  EXPECT_NE(joined(task->unfamiliar(question(tiny))).find("0.001"), Text::npos);
  tiny(2, 2) = 5;
  EXPECT_TRUE(task->unfamiliar(question(tiny)).empty());
}

TEST(TaskAnswers, CotrainingAnswersByCode) {
  const auto task = make_task(
      "cotraining", {{"cotraining_tasks", Text("TE")}, {"min_dimension", Integer{2}}, {"max_dimension", Integer{2}}});
  Example asked = question(matrix({{2, 0}, {0, 3}}), 1);
  ASSERT_TRUE(task->answer(asked));
  EXPECT_EQ(asked.target, matrix({{3}, {2}}));
  asked = question(matrix({{2, 1}, {0, 3}}), 0);
  ASSERT_TRUE(task->answer(asked));
  EXPECT_EQ(asked.target, matrix({{2, 0}, {1, 3}}));
  EXPECT_TRUE(task->unfamiliar(asked).empty());
  asked.code = 1;
  EXPECT_FALSE(task->unfamiliar(asked).empty());
}

TEST(TaskAnswers, TheRecodedTaskAnswersByTheOuterCode) {
  const auto task = with_codes(make_task("cotraining", {{"cotraining_tasks", Text("E")}}), {"T", "E"});
  Example asked = question(matrix({{2, 0}, {0, 3}}), 1);
  ASSERT_TRUE(task->answer(asked));
  EXPECT_EQ(asked.target, matrix({{3}, {2}}));
  EXPECT_EQ(asked.code, 1);
  EXPECT_EQ(task->unfamiliar(asked).size(), 1U);
}

}  // namespace
}  // namespace matseq
