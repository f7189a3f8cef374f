// Properties of the elementary tasks (spec section 1).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "make_task.h"
#include "matseq/eigen.h"
#include "matseq/error.h"

namespace matseq {
namespace {

using test::draw_example;
using test::make_task;
using Text = std::string;
using Texts = std::vector<std::string>;
using Integer = std::int64_t;

const Texts all_tasks = {"transpose",      "matrix_sum",      "matrix_vector", "matrix_product",
                         "eigenvalues",    "eigenvectors",    "invert_matrix", "syminverse",
                         "singularvalues", "singularvectors", "cotraining"};

bool same(const Example& one, const Example& other) {
  return one.source == other.source && one.target == other.target && one.code == other.code;
}

TEST(Tasks, ExamplesDependOnTheStreamAlone) {
  for (const Text& name : all_tasks) {
    const auto task = make_task(name, {{"min_dimension", Integer{1}},
                                       {"max_dimension", Integer{12}},
                                       {"generator", Text("gaussian")},
                                       {"noisy_input", true}});
    std::vector<Example> expected;
    for (std::uint64_t number = 0; number < 50; ++number) expected.push_back(draw_example(*task, number));
    EXPECT_FALSE(same(expected[0], expected[1])) << name;
    EXPECT_FALSE(same(expected[0], draw_example(*task, 0, 2))) << name;
    std::vector<std::thread> threads;
    std::vector<int> equal(4);
    for (std::size_t worker = 0; worker < equal.size(); ++worker) {
      threads.emplace_back([&, worker] {
        Example reused;  // of the wrong size, and of other numbers
        for (std::size_t number = expected.size(); number-- > 0;) {
          RandomStream random(random_key(1, "train"), number);
          do {
            reused.code = Example::no_code;
          } while (!task->draw(random, reused));
          if (same(reused, expected[number])) ++equal[worker];
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const int count : equal) EXPECT_EQ(count, 50) << name;
  }
}

struct Shapes {
  const char* task;
  std::size_t rows, columns, target_rows, target_columns;
};

TEST(Tasks, ForcedDimensionsGiveTheShapesOfTheTable) {
  for (const Shapes& expected : {Shapes{"transpose", 2, 7, 7, 2}, Shapes{"matrix_sum", 7, 4, 7, 2},
                                 Shapes{"matrix_vector", 2, 8, 7, 1}, Shapes{"matrix_product", 7, 4, 2, 2},
                                 Shapes{"singularvalues", 2, 7, 2, 1}, Shapes{"singularvectors", 2, 7, 10, 2}}) {
    const auto task = make_task(
        expected.task, {{"force_dim", true}, {"first_dimension", Integer{2}}, {"second_dimension", Integer{7}}});
    const Example example = draw_example(*task, 0);
    EXPECT_EQ(example.source.rows(), expected.rows) << expected.task;
    EXPECT_EQ(example.source.columns(), expected.columns) << expected.task;
    EXPECT_EQ(example.target.rows(), expected.target_rows) << expected.task;
    EXPECT_EQ(example.target.columns(), expected.target_columns) << expected.task;
  }
}

TEST(Tasks, DimensionsAndRangesCoverTheirIntervals) {
  const auto task = make_task("transpose", {{"rectangular", true},
                                            {"min_dimension", Integer{2}},
                                            {"max_dimension", Integer{4}},
                                            {"min_input_coeff", Integer{1}},
                                            {"max_input_coeff", Integer{3}}});
  std::set<std::pair<std::size_t, std::size_t>> shapes;
  double largest = 0;
  for (std::uint64_t number = 0; number < 500; ++number) {
    const Example example = draw_example(*task, number);
    shapes.emplace(example.source.rows(), example.source.columns());
    for (const double value : example.source.values()) largest = std::max(largest, std::abs(value));
  }
  EXPECT_EQ(shapes.size(), 9U);
  EXPECT_EQ(*shapes.begin(), std::make_pair(std::size_t{2}, std::size_t{2}));
  EXPECT_EQ(*shapes.rbegin(), std::make_pair(std::size_t{4}, std::size_t{4}));
  EXPECT_GT(largest, 2.9);
  EXPECT_LT(largest, 3.0);
}

/// How many of the coefficients above and on the diagonal of 400 matrices of 5 x 5 are positive, from 0 to 1.
double share_of_positive(const Task& task) {
  double positive = 0;
  for (std::uint64_t number = 0; number < 400; ++number) {
    const Example example = draw_example(task, number);
    for (std::size_t row = 0; row < 5; ++row) {
      for (std::size_t column = row; column < 5; ++column) positive += example.source(row, column) > 0 ? 1 : 0;
    }
  }
  return positive / (400 * 15);
}

TEST(Tasks, PositiveShareIsThatOfTheCoefficientsAndLeavesTheirSizes) {
  for (const char* name : {"transpose", "matrix_sum", "invert_matrix", "eigenvalues", "syminverse"}) {
    for (const char* generator : {"uniform", "gaussian"}) {
      const auto shared = [&](double share) {
        return make_task(name, {{"generator", Text(generator)}, {"positive_share", share}});
      };
      EXPECT_DOUBLE_EQ(share_of_positive(*shared(1)), 1) << name;
      EXPECT_DOUBLE_EQ(share_of_positive(*shared(0)), 0) << name;
      EXPECT_NEAR(share_of_positive(*shared(0.8)), 0.8, 0.025) << name << ": five deviations are 0.026";
    }
  }
  const Example drawn = draw_example(*make_task("transpose"), 3);
  const Example positive = draw_example(*make_task("transpose", {{"positive_share", 1.0}}), 3);
  for (std::size_t k = 0; k < drawn.source.values().size(); ++k) {
    EXPECT_EQ(positive.source.values()[k], std::abs(drawn.source.values()[k]));
  }
}

TEST(Tasks, SignsOfBasisVectorsAreAsAskedAndChangeNoEigenvalue) {
  for (const char* name : {"semicircle", "positive", "uniform", "gaussian", "laplace", "positive2", "marcenko"}) {
    const auto drawn = make_task("eigenvalues", {{"eigen_distribution", Texts{name}}});
    const auto shared = [&](double share) {
      return make_task("eigenvalues", {{"eigen_distribution", Texts{name}}, {"positive_first_row", share}});
    };
    const auto positive = shared(1), mostly = shared(0.8);
    int of_first_row = 0;
    constexpr int examples = 500;
    for (std::uint64_t number = 0; number < examples; ++number) {
      const Example usual = draw_example(*drawn, number), all = draw_example(*positive, number);
      EXPECT_TRUE(view(all.target).isApprox(view(usual.target), 1e-10)) << name;
      EXPECT_TRUE(view(all.source).cwiseAbs().isApprox(view(usual.source).cwiseAbs(), 1e-13)) << name;
      EXPECT_TRUE(view(all.source).isApprox(view(all.source).transpose(), 1e-13)) << name;
      const Example most = draw_example(*mostly, number);
      for (std::size_t k = 1; k < all.source.columns(); ++k) {
        EXPECT_GE(all.source(0, k), 0) << name;
        of_first_row += most.source(0, k) > 0;
      }
    }
    EXPECT_NEAR(of_first_row / (4.0 * examples), 0.8, 0.045) << name << ": five deviations are 0.0447";
  }
}

TEST(Tasks, SquareUnlessRectangular) {
  const auto task = make_task("transpose", {{"min_dimension", Integer{2}}, {"max_dimension", Integer{9}}});
  for (std::uint64_t number = 0; number < 50; ++number) {
    const Example example = draw_example(*task, number);
    EXPECT_EQ(example.source.rows(), example.source.columns());
  }
}

TEST(Tasks, TargetsAreWhatTheTableSays) {
  const std::initializer_list<std::pair<Text, ParameterValue>> forced = {
      {"force_dim", true}, {"first_dimension", Integer{3}}, {"second_dimension", Integer{4}}};
  const auto close = [](const Matrix& target, const RowMajorMatrix& expected) {
    return view(target).isApprox(expected, 1e-13);
  };
  const Example transpose = draw_example(*make_task("transpose", forced), 0);
  EXPECT_TRUE(close(transpose.target, view(transpose.source).transpose()));
  const Example sum = draw_example(*make_task("matrix_sum", forced), 0);
  EXPECT_TRUE(close(sum.target, view(sum.source).leftCols(3) + view(sum.source).rightCols(3)));
  const Example vector = draw_example(*make_task("matrix_vector", forced), 0);
  EXPECT_TRUE(close(vector.target, view(vector.source).leftCols(4).transpose() * view(vector.source).col(4)));
  const Example product = draw_example(*make_task("matrix_product", forced), 0);
  EXPECT_TRUE(close(product.target, view(product.source).leftCols(3).transpose() * view(product.source).rightCols(3)));
}

TEST(Tasks, EigenvaluesDescendAndEigenvectorsStandBelowAscendingOnes) {
  const Example values = draw_example(*make_task("eigenvalues"), 7);
  const Example vectors = draw_example(*make_task("eigenvectors"), 7);
  ASSERT_EQ(values.source, vectors.source);
  EXPECT_EQ(view(values.source), view(values.source).transpose());
  EXPECT_TRUE(std::ranges::is_sorted(values.target.values(), std::greater<>()));
  for (std::size_t k = 0; k < 5; ++k) EXPECT_NEAR(vectors.target(0, k), values.target(4 - k, 0), 1e-12);
  const auto q = view(vectors.target).bottomRows(5);
  const RowMajorMatrix expected = view(vectors.target).row(0).asDiagonal();
  EXPECT_TRUE((q.transpose() * view(vectors.source) * q).isApprox(expected, 1e-12));
}

TEST(Tasks, SingularVectorsStackValuesLeftAndRight) {
  const auto task = make_task("singularvectors",
                              {{"force_dim", true}, {"first_dimension", Integer{3}}, {"second_dimension", Integer{5}}});
  const Example example = draw_example(*task, 0);
  const auto target = view(example.target);
  const RowMajorMatrix rebuilt =
      target.middleRows(1, 3) * target.row(0).asDiagonal() * target.bottomRows(5).transpose();
  EXPECT_TRUE(rebuilt.isApprox(view(example.source), 1e-12));
}

TEST(Tasks, InversesInvert) {
  for (const char* name : {"invert_matrix", "syminverse"}) {
    const auto task = make_task(name);
    for (std::uint64_t number = 0; number < 200; ++number) {
      const Example example = draw_example(*task, number);
      EXPECT_TRUE((view(example.source) * view(example.target)).isIdentity(1e-10)) << name;
    }
  }
}

TEST(Tasks, NoiseTouchesTheInputOnly) {
  for (const char* name : {"transpose", "matrix_sum", "matrix_vector", "matrix_product", "eigenvalues", "eigenvectors",
                           "invert_matrix", "syminverse", "singularvalues", "singularvectors"}) {
    const auto clean = make_task(name, {{"max_input_coeff", Integer{10}}});
    const auto noisy = make_task(name, {{"max_input_coeff", Integer{10}}, {"noisy_input", true}, {"sigma", 0.1}});
    double sum = 0;
    double squares = 0;
    double count = 0;
    for (std::uint64_t number = 0; number < 400; ++number) {
      const Example quiet = draw_example(*clean, number);
      const Example loud = draw_example(*noisy, number);
      ASSERT_EQ(quiet.target, loud.target) << name;
      for (std::size_t i = 0; i < quiet.source.size(); ++i) {
        const double noise = loud.source.values()[i] - quiet.source.values()[i];
        sum += noise;
        squares += noise * noise;
        ++count;
      }
    }
    const double deviation = 10 * 0.1 / std::numbers::sqrt3;
    EXPECT_NEAR(sum / count, 0, 5 * deviation / std::sqrt(count)) << name;
    EXPECT_NEAR(squares / count, deviation * deviation, 5 * deviation * deviation * std::sqrt(2 / count)) << name;
  }
}

/// Mean and mean square of the eigenvalues over examples, n = 5, A = 10.
struct Moments {
  double mean = 0, square = 0, smallest = 0, largest = 0;
};

Moments moments(const Texts& distributions) {
  const auto task = make_task("eigenvalues", {{"eigen_distribution", distributions}});
  Moments moments;
  const int examples = 20000;
  for (int number = 0; number < examples; ++number) {
    const Example example = draw_example(*task, static_cast<std::uint64_t>(number));
    for (const double value : example.target.values()) {
      moments.mean += value / (5.0 * examples);
      moments.square += value * value / (5.0 * examples);
      moments.smallest = std::min(moments.smallest, value);
      moments.largest = std::max(moments.largest, value);
    }
  }
  return moments;
}

TEST(EigenvalueDistributions, HaveTheirMoments) {
  const double sigma = std::sqrt(5.0) * 10 / std::numbers::sqrt3;
  const double variance = sigma * sigma;
  for (const char* name : {"semicircle", "uniform", "gaussian", "laplace"}) {
    const Moments found = moments({name});
    EXPECT_NEAR(found.mean, 0, 0.15) << name;
    EXPECT_NEAR(found.square, variance, 0.04 * variance) << name;
  }
  EXPECT_LT(moments({"uniform"}).largest, std::numbers::sqrt3 * sigma * (1 + 1e-12));
  EXPECT_GT(moments({"laplace"}).largest, 5 * sigma);
  const Moments positive = moments({"positive"});
  EXPECT_NEAR(positive.square, variance, 0.02 * variance);
  EXPECT_GE(positive.smallest, -1e-10);
  const Moments positive2 = moments({"positive2"});
  EXPECT_NEAR(positive2.mean, sigma / std::numbers::sqrt2, 0.15);
  EXPECT_NEAR(positive2.square, variance, 0.04 * variance);
  EXPECT_GE(positive2.smallest, -1e-10);
  const Moments marcenko = moments({"marcenko"});
  EXPECT_NEAR(marcenko.mean, 5 * 10 / 3.0, 0.2);  // trace of G^T G over n
  EXPECT_GE(marcenko.smallest, -1e-10);
}

TEST(EigenvalueDistributions, AreDrawnUniformlyFromTheList) {
  const auto task = make_task("eigenvalues", {{"eigen_distribution", Texts{"positive", "semicircle", "positive2"}}});
  int positive = 0;
  for (std::uint64_t number = 0; number < 3000; ++number) {
    // A semicircle example of this size is all positive once in hundreds.
    if (std::ranges::min(draw_example(*task, number).target.values()) > -1e-10) ++positive;
  }
  EXPECT_NEAR(positive / 3000.0, 2 / 3.0, 0.04);
}

/// The message of the Error that making the task throws.
Text refusal(const Text& plugin, std::initializer_list<std::pair<Text, ParameterValue>> entries) {
  try {
    make_task(plugin, entries);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Tasks, ContradictionsAreRefused) {
  for (const Text& name : all_tasks) {
    const Text dimensions = refusal(name, {{"min_dimension", Integer{6}}});
    EXPECT_NE(dimensions.find("min_dimension"), Text::npos) << name << ": " << dimensions;
    EXPECT_NE(dimensions.find("max_dimension"), Text::npos) << name << ": " << dimensions;
    EXPECT_NE(dimensions.find("test.toml:1"), Text::npos) << name << ": " << dimensions;
    EXPECT_NE(refusal(name, {{"min_input_coeff", Integer{11}}}).find("max_input_coeff"), Text::npos) << name;
    EXPECT_NE(refusal(name, {{"max_input_coeff", Integer{0}}}).find("max_input_coeff"), Text::npos) << name;
    EXPECT_NE(refusal(name, {{"sigma", -1.0}}).find("sigma"), Text::npos) << name;
    EXPECT_NE(refusal(name, {{"positive_share", 1.1}}).find("positive_share"), Text::npos) << name;
    EXPECT_NE(refusal(name, {{"generator", Text("cauchy")}}).find("generator"), Text::npos) << name;
  }
  for (const char* name : {"eigenvalues", "eigenvectors", "syminverse"}) {
    EXPECT_NE(refusal(name, {{"eigen_distribution", Texts{}}}).find("1 to 5"), Text::npos) << name;
    EXPECT_NE(refusal(name, {{"eigen_distribution", Texts(6, "laplace")}}).find("1 to 5"), Text::npos) << name;
    EXPECT_NE(refusal(name, {{"eigen_distribution", Texts{"cauchy"}}}).find("semicircle"), Text::npos) << name;
    EXPECT_NE(refusal(name, {{"positive_first_row", 1.1}}).find("positive_first_row"), Text::npos) << name;
    for (const Texts& distributions : {Texts{"marcenko"}, Texts{"semicircle", "laplace"}}) {
      EXPECT_NE(
          refusal(name, {{"eigen_distribution", distributions}, {"positive_share", 0.9}}).find("positive_first_row"),
          Text::npos)
          << name << ": their coefficients follow from eigenvalues";
    }
    EXPECT_NE(refusal(name, {{"force_dim", true}}).find("force_dim"), Text::npos) << name << " has no such parameter";
  }
  EXPECT_NE(refusal("singularvectors", {{"signs", Text("positive")}}).find("canonical"), Text::npos);
}

}  // namespace
}  // namespace matseq
