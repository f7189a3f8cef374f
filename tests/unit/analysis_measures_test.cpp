#include <gtest/gtest.h>

#include <Eigen/QR>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>

#include "analysis/distribution.h"
#include "make_task.h"
#include "matrices.h"
#include "matseq/eigen.h"
#include "matseq/error.h"
#include "matseq/matrix_measures.h"

namespace matseq {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

RowMajorMatrix random_orthogonal(Eigen::Index n, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  const RowMajorMatrix entries = RowMajorMatrix::NullaryExpr(n, n, [&] { return normal(random); });
  return entries.householderQr().householderQ();
}

Matrix from_eigen(const RowMajorMatrix& entries) {
  Matrix result;
  assign(result, entries);
  return result;
}

TEST(MatrixMeasures, RelativeDistance) {
  const std::vector<double> truth = {-1, 2, 5};
  EXPECT_DOUBLE_EQ(relative_l1_distance(std::vector<double>{-2, 2, 5.5}, truth), 1.5 / 8);
  EXPECT_EQ(relative_l1_distance(truth, truth), 0);
  EXPECT_EQ(relative_l1_distance(std::vector<double>{0.0}, std::vector<double>{0.0}), 0);
  EXPECT_EQ(relative_l1_distance(std::vector<double>{0.1}, std::vector<double>{0.0}), infinity);
  EXPECT_EQ(relative_l1_distance(std::vector<double>{1e308, 1e308}, std::vector<double>{-1e308, -1e308}), infinity);
}

TEST(MatrixMeasures, KnownMatrices) {
  // Rows (3, 4) and (0, 2); columns (3, 0) and (4, 2).
  const Matrix known = matrix({{3, 4}, {0, 2}});
  EXPECT_DOUBLE_EQ(norm_deviation(known), 4);      // the first row's norm is 5
  EXPECT_DOUBLE_EQ(neighbour_cosine(known), 0.8);  // 8 / (5 * 2)
  const double golden = std::sqrt((29 + std::sqrt(29.0 * 29 - 4 * 36)) / (29 - std::sqrt(29.0 * 29 - 4 * 36)));
  EXPECT_NEAR(condition_number(known), golden, 1e-12);  // eigenvalues of M^T M: trace 29, determinant 36
  EXPECT_DOUBLE_EQ(norm_deviation(matrix({{0.6, 0.8}, {-0.8, 0.6}})), 0);
  EXPECT_DOUBLE_EQ(norm_deviation(matrix({{1, 0}, {0, 0.25}})), 0.75);  // too short counts as too long does
  EXPECT_DOUBLE_EQ(condition_number(matrix({{3, 0}, {0, -0.5}})), 6);
}

TEST(MatrixMeasures, ColumnsCountForNormsToo) {
  // All rows have norm 1, the first column has not.
  EXPECT_NEAR(norm_deviation(matrix({{1, 0}, {1, 0}})), 1, 1e-15);  // the second column's norm is 0
  EXPECT_NEAR(norm_deviation(matrix({{1, 0, 0}, {1, 0, 0}, {0, 0.6, 0.8}})), std::sqrt(2.0) - 1, 1e-15);
}

TEST(MatrixMeasures, OrthogonalityLooksAtNeighboursOnly) {
  // Four rows: only the first and the third, which are no neighbours, are not orthogonal.
  const Matrix apart = matrix({{1, 0, 0, 0}, {0, 1, 0, 0}, {1, 0, 0, 0}, {0, 0, 0, 1}});
  EXPECT_EQ(neighbour_cosine(apart), 0);
  // The last row's neighbour is the first; of opposite rows the cosine is -1.
  const Matrix cyclic = matrix({{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {-2, 0, 0, 0}});
  EXPECT_DOUBLE_EQ(neighbour_cosine(cyclic), 1);
}

TEST(MatrixMeasures, ExtremeEntries) {
  EXPECT_EQ(neighbour_cosine(matrix({{5}})), 0);
  EXPECT_EQ(neighbour_cosine(matrix({{0, 0}, {1, 0}})), 1);
  EXPECT_NEAR(neighbour_cosine(matrix({{1e300, 1e300}, {0, 1e-300}})), std::numbers::sqrt2 / 2, 1e-12);
  EXPECT_EQ(norm_deviation(matrix({{1.5e308, 1.5e308}, {0, 0}})), infinity);
  EXPECT_EQ(condition_number(matrix({{0, 0}, {0, 0}})), infinity);
  EXPECT_GT(condition_number(matrix({{1, 2}, {2, 4}})), 1e15);
  EXPECT_EQ(inversion_residual(matrix({{1e300}}), matrix({{1e300}})), infinity);
}

TEST(MatrixMeasures, OrthogonalMatricesAreIdeal) {
  std::mt19937_64 random(5);
  for (Eigen::Index n = 1; n <= 12; ++n) {
    const Matrix orthogonal = from_eigen(random_orthogonal(n, random));
    EXPECT_NEAR(norm_deviation(orthogonal), 0, 1e-13) << n;
    EXPECT_NEAR(neighbour_cosine(orthogonal), 0, 1e-13) << n;
    EXPECT_NEAR(condition_number(orthogonal), 1, 1e-13) << n;
  }
}

TEST(MatrixMeasures, ScalingOnlyChangesNorms) {
  std::mt19937_64 random(6);
  std::uniform_real_distribution<double> uniform(-1, 1);
  for (Eigen::Index n = 2; n <= 8; ++n) {
    const RowMajorMatrix entries = RowMajorMatrix::NullaryExpr(n, n, [&] { return uniform(random); });
    const Matrix plain = from_eigen(entries);
    const Matrix scaled = from_eigen(-3 * entries);
    EXPECT_NEAR(neighbour_cosine(scaled), neighbour_cosine(plain), 1e-13);
    EXPECT_NEAR(condition_number(scaled), condition_number(plain), 1e-9 * condition_number(plain));
    const Matrix scaled_orthogonal = from_eigen(1.25 * random_orthogonal(n, random));
    EXPECT_NEAR(norm_deviation(scaled_orthogonal), 0.25, 1e-13);
  }
}

TEST(MatrixMeasures, ConditionIsThatOfTheSingularValues) {
  std::mt19937_64 random(7);
  for (Eigen::Index n = 2; n <= 12; ++n) {
    const Eigen::VectorXd values = Eigen::VectorXd::LinSpaced(n, 0.5, 20);
    const Matrix product =
        from_eigen(random_orthogonal(n, random) * values.asDiagonal() * random_orthogonal(n, random));
    EXPECT_NEAR(condition_number(product), 40, 1e-10) << n;
  }
}

TEST(MatrixMeasures, InversionResidual) {
  const Matrix source = matrix({{2, 0}, {0, 4}});
  EXPECT_EQ(inversion_residual(source, matrix({{0.5, 0}, {0, 0.25}})), 0);
  // M H - I = [[0.2, 0.2], [-0.4, 0]].
  EXPECT_NEAR(inversion_residual(source, matrix({{0.6, 0.1}, {-0.1, 0.25}})), 0.4, 1e-15);
  // M H is not H M: here M H - I = [[0, 1], [0, 0]] and H M - I = [[0, 2], [0, 0]].
  EXPECT_NEAR(inversion_residual(matrix({{1, 0}, {0, 2}}), matrix({{1, 1}, {0, 0.5}})), 0.5, 1e-15);
}

TEST(TaskMeasures, Eigenvectors) {
  const auto plugin = test::make_task("eigenvectors");
  const auto measures = plugin->measures();
  ASSERT_NE(measures, nullptr);
  ASSERT_EQ(measures->properties().size(), 3U);
  Example truth;
  truth.source = matrix({{1, 0}, {0, 3}});
  truth.target = matrix({{1, 3}, {1, 0}, {0, 1}});
  const Matrix hypothesis = matrix({{1.1, 2.9}, {3, 4}, {0, 2}});
  measures->check(truth);
  const std::vector<double> deviations = measures->deviations(truth, hypothesis);
  ASSERT_EQ(deviations.size(), 3U);
  EXPECT_NEAR(deviations[0], 0.2 / 4, 1e-15);
  EXPECT_DOUBLE_EQ(deviations[1], 4);
  EXPECT_DOUBLE_EQ(deviations[2], 0.8);
  EXPECT_NEAR(measures->condition(truth, &hypothesis).value(), condition_number(matrix({{3, 4}, {0, 2}})), 1e-12);
  EXPECT_FALSE(measures->condition(truth, nullptr).has_value());
  EXPECT_NEAR(plugin->score(truth, truth.target, 0).d1, 0, 1e-15);
  // Q^T S Q - diag(l) of (1.1, 2.9) and the identity is diag(-0.1, 0.1).
  EXPECT_NEAR(plugin->score(truth, matrix({{1.1, 2.9}, {1, 0}, {0, 1}}), 0).d1, 0.2 / 4, 1e-15);
}

TEST(TaskMeasures, Inversion) {
  for (const char* task : {"invert_matrix", "syminverse"}) {
    const auto plugin = test::make_task(task);
    const auto measures = plugin->measures();
    ASSERT_NE(measures, nullptr);
    Example truth;
    truth.source = matrix({{2, 0}, {0, 4}});
    truth.target = matrix({{0.5, 0}, {0, 0.25}});
    const Matrix hypothesis = matrix({{0.6, 0.1}, {-0.1, 0.25}});
    const std::vector<double> deviations = measures->deviations(truth, hypothesis);
    ASSERT_EQ(deviations.size(), 2U);
    EXPECT_NEAR(deviations[0], 0.4, 1e-15);
    EXPECT_NEAR(deviations[1], 0.3 / 0.75, 1e-15);
    EXPECT_NEAR(plugin->score(truth, hypothesis, 0).d1, 0.4, 1e-15);
    EXPECT_DOUBLE_EQ(measures->condition(truth, nullptr).value(), 2);
  }
}

TEST(TaskMeasures, RefusesWhatIsNotOfTheTask) {
  EXPECT_EQ(test::make_task("transpose")->measures(), nullptr);
  const auto check = [](const char* task, std::size_t source_rows, std::size_t source_columns, std::size_t target_rows,
                        std::size_t target_columns) {
    Example truth;
    truth.source.resize(source_rows, source_columns);
    truth.target.resize(target_rows, target_columns);
    test::make_task(task)->measures()->check(truth);
  };
  EXPECT_NO_THROW(check("eigenvectors", 5, 5, 6, 5));
  EXPECT_THROW(check("eigenvectors", 5, 5, 5, 5), Error);
  EXPECT_THROW(check("eigenvectors", 5, 4, 6, 5), Error);
  EXPECT_THROW(check("eigenvectors", 1, 100, 2, 100), Error);
  EXPECT_NO_THROW(check("eigenvectors", 256, 256, 257, 256));
  EXPECT_NO_THROW(check("syminverse", 3, 3, 3, 3));
  EXPECT_THROW(check("syminverse", 3, 2, 2, 3), Error);
}

TEST(DistributionFigures, KnownNumbers) {
  std::vector<double> numbers;
  for (int i = 100; i >= 0; --i) numbers.push_back(i);
  numbers.push_back(infinity);
  numbers.push_back(std::numeric_limits<double>::quiet_NaN());
  const Distribution all = describe(numbers);
  EXPECT_EQ(all.count, 101U);
  EXPECT_EQ(all.infinite, 1U);
  EXPECT_NEAR(all.mean, 50, 1e-12);
  EXPECT_EQ(all.minimum, 0);
  EXPECT_NEAR(all.quantile_05, 5, 1e-12);
  EXPECT_NEAR(all.quantile_25, 25, 1e-12);
  EXPECT_NEAR(all.median, 50, 1e-12);
  EXPECT_NEAR(all.quantile_75, 75, 1e-12);
  EXPECT_NEAR(all.quantile_95, 95, 1e-12);
  EXPECT_EQ(all.maximum, 100);
}

TEST(DistributionFigures, FewNumbers) {
  EXPECT_EQ(describe({}).count, 0U);
  EXPECT_EQ(describe({3}).median, 3);
  EXPECT_EQ(describe({3}).quantile_95, 3);
  const Distribution two = describe({2, 1});
  EXPECT_DOUBLE_EQ(two.median, 1.5);
  EXPECT_DOUBLE_EQ(two.quantile_25, 1.25);
  EXPECT_NEAR(describe({1.7e308, 1.7e308, 1.7e308}).mean / 1.7e308, 1, 1e-15);  // a sum would overflow
}

}  // namespace
}  // namespace matseq
