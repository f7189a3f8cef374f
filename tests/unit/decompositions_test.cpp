#include "matseq/decompositions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <tuple>
#include <vector>

#include "matseq/eigen.h"
#include "matseq/error.h"
#include "matseq/random_stream.h"

namespace matseq {
namespace {

constexpr double rounding = 1e-11;

Matrix random_matrix(std::size_t rows, std::size_t columns, std::uint64_t number) {
  RandomStream random(random_key(3, "decompositions"), number);
  Matrix matrix(rows, columns);
  for (double& value : matrix.values()) value = random.uniform(-10, 10);
  return matrix;
}

Matrix random_symmetric(std::size_t n, std::uint64_t number) {
  Matrix matrix = random_matrix(n, n, number);
  view(matrix) = (view(matrix) + view(matrix).transpose()).eval();
  return matrix;
}

template <typename Expression>
double distance_to_identity(const Expression& product) {
  return (product - RowMajorMatrix::Identity(product.rows(), product.cols())).cwiseAbs().maxCoeff();
}

/// Signs and size; sizes of both the fixed and the general path.
class EigenDecomposition : public testing::TestWithParam<std::tuple<Signs, std::size_t>> {};

TEST_P(EigenDecomposition, DiagonalizesWithOrthonormalColumns) {
  const auto [signs, n] = GetParam();
  if (signs == Signs::solver && !solver_signs_available()) GTEST_SKIP() << "no LAPACK";
  const Matrix symmetric = random_symmetric(n, n);
  std::vector<double> values(n);
  std::vector<double> values_alone(n);
  Matrix vectors(n, n);
  ASSERT_TRUE(symmetric_eigenvectors(signs, n, symmetric.values(), values, vectors.values()));
  ASSERT_TRUE(symmetric_eigenvalues(n, symmetric.values(), values_alone));
  EXPECT_TRUE(std::ranges::is_sorted(values));
  const auto q = view(std::as_const(vectors));
  EXPECT_LT(distance_to_identity((q.transpose() * q).eval()), rounding);
  const Eigen::Map<const Eigen::VectorXd> diagonal(values.data(), static_cast<Eigen::Index>(n));
  EXPECT_LT((view(symmetric) * q - q * diagonal.asDiagonal()).cwiseAbs().maxCoeff(), rounding * 100);
  for (std::size_t k = 0; k < n; ++k) EXPECT_NEAR(values[k], values_alone[k], rounding * 100);
}

INSTANTIATE_TEST_SUITE_P(Sizes, EigenDecomposition,
                         testing::Combine(testing::Values(Signs::solver, Signs::canonical),
                                          testing::Values<std::size_t>(1, 2, 3, 5, 8, 10, 11, 30)));

class SingularDecomposition : public testing::TestWithParam<std::tuple<Signs, std::pair<std::size_t, std::size_t>>> {};

TEST_P(SingularDecomposition, RebuildsTheMatrixFromOrthonormalColumns) {
  const auto [signs, shape] = GetParam();
  if (signs == Signs::solver && !solver_signs_available()) GTEST_SKIP() << "no LAPACK";
  const auto [n, p] = shape;
  const std::size_t k = std::min(n, p);
  const Matrix matrix = random_matrix(n, p, n * 100 + p);
  std::vector<double> values(k);
  std::vector<double> values_alone(k);
  Matrix left(n, k);
  Matrix right(p, k);
  ASSERT_TRUE(singular_vectors(signs, n, p, matrix.values(), values, left.values(), right.values()));
  ASSERT_TRUE(singular_values(n, p, matrix.values(), values_alone));
  EXPECT_TRUE(std::ranges::is_sorted(values, std::greater<>()));
  EXPECT_GE(values.back(), 0);
  const auto u = view(std::as_const(left));
  const auto v = view(std::as_const(right));
  EXPECT_LT(distance_to_identity((u.transpose() * u).eval()), rounding);
  EXPECT_LT(distance_to_identity((v.transpose() * v).eval()), rounding);
  const Eigen::Map<const Eigen::VectorXd> diagonal(values.data(), static_cast<Eigen::Index>(k));
  EXPECT_LT((view(matrix) - u * diagonal.asDiagonal() * v.transpose()).cwiseAbs().maxCoeff(), rounding * 100);
  for (std::size_t i = 0; i < k; ++i) EXPECT_NEAR(values[i], values_alone[i], rounding * 100);
}

INSTANTIATE_TEST_SUITE_P(Shapes, SingularDecomposition,
                         testing::Combine(testing::Values(Signs::solver, Signs::canonical),
                                          testing::Values(std::pair<std::size_t, std::size_t>{1, 1},
                                                          std::pair<std::size_t, std::size_t>{1, 4},
                                                          std::pair<std::size_t, std::size_t>{5, 5},
                                                          std::pair<std::size_t, std::size_t>{3, 7},
                                                          std::pair<std::size_t, std::size_t>{7, 2},
                                                          std::pair<std::size_t, std::size_t>{12, 12},
                                                          std::pair<std::size_t, std::size_t>{20, 6},
                                                          std::pair<std::size_t, std::size_t>{6, 20})));

/// The signed value of largest magnitude in a column.
double leading(const Matrix& matrix, std::size_t column, std::size_t rows) {
  double largest = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    if (std::abs(matrix(row, column)) > std::abs(largest)) largest = matrix(row, column);
  }
  return largest;
}

TEST(Signs, CanonicalMakesTheLargestComponentPositive) {
  for (std::uint64_t number = 0; number < 20; ++number) {
    const Matrix symmetric = random_symmetric(5, number);
    std::vector<double> values(5);
    Matrix left(5, 5);
    Matrix right(5, 5);
    ASSERT_TRUE(symmetric_eigenvectors(Signs::canonical, 5, symmetric.values(), values, left.values()));
    for (std::size_t k = 0; k < 5; ++k) EXPECT_GT(leading(left, k, 5), 0);
    ASSERT_TRUE(singular_vectors(Signs::canonical, 5, 5, symmetric.values(), values, left.values(), right.values()));
    for (std::size_t k = 0; k < 5; ++k) EXPECT_GT(leading(left, k, 5), 0);
  }
}

// What dsyevd returns; canonical signs would turn the first column round.
TEST(Signs, SolverIsLapacks) {
  if (!solver_signs_available()) GTEST_SKIP() << "no LAPACK";
  const std::vector<double> symmetric = {2, 1, 1, 2};
  std::vector<double> values(2);
  std::vector<double> vectors(4);
  ASSERT_TRUE(symmetric_eigenvectors(Signs::solver, 2, symmetric, values, vectors));
  const double half = std::sqrt(0.5);
  EXPECT_NEAR(vectors[0], -half, rounding);
  EXPECT_NEAR(vectors[2], half, rounding);
  EXPECT_NEAR(vectors[1], half, rounding);
  EXPECT_NEAR(vectors[3], half, rounding);
}

std::size_t threads_of_this_process() {
  std::size_t threads = 0;
  for ([[maybe_unused]] const auto& task : std::filesystem::directory_iterator("/proc/self/task")) ++threads;
  return threads;
}

TEST(Signs, SolverIsRefusedWithoutLapack) {
  if (solver_signs_available()) GTEST_SKIP() << "LAPACK is there";
  ParameterTable table;
  table.where = "test.toml:1";
  EXPECT_EQ(signs_of(Parameters::check({signs_parameter()}, table, "test")), Signs::canonical);
  table.set("signs", std::string("solver"));
  EXPECT_THROW(require_signs(Parameters::check({signs_parameter()}, table, "test")), Error);
}

TEST(Signs, SolverStartsNoThreads) {
  if (!solver_signs_available()) GTEST_SKIP() << "no LAPACK";
  const std::size_t n = 300;  // where OpenBLAS would otherwise use them
  const Matrix symmetric = random_symmetric(n, 1);
  std::vector<double> values(n);
  Matrix left(n, n);
  Matrix right(n, n);
  ASSERT_TRUE(symmetric_eigenvectors(Signs::solver, 2, std::vector<double>{2, 1, 1, 2}, values, left.values()));
  const std::size_t before = threads_of_this_process();
  ASSERT_TRUE(symmetric_eigenvectors(Signs::solver, n, symmetric.values(), values, left.values()));
  ASSERT_TRUE(singular_vectors(Signs::solver, n, n, symmetric.values(), values, left.values(), right.values()));
  EXPECT_EQ(threads_of_this_process(), before);
}

TEST(Invert, GivesTheInverse) {
  for (const std::size_t n : {1U, 2U, 5U, 10U, 11U, 20U}) {
    const Matrix matrix = random_matrix(n, n, n);
    Matrix inverse(n, n);
    ASSERT_TRUE(invert(n, matrix.values(), inverse.values())) << n;
    EXPECT_LT(distance_to_identity((view(matrix) * view(inverse)).eval()), 1e-10);
  }
}

TEST(Invert, RefusesSingularAndBadlyConditionedMatrices) {
  Matrix inverse(5, 5);
  const Matrix zero(5, 5);
  EXPECT_FALSE(invert(5, zero.values(), inverse.values()));
  Matrix nearly_singular = random_matrix(5, 5, 1);
  for (std::size_t column = 0; column < 5; ++column) {
    nearly_singular(4, column) = nearly_singular(3, column) * (1 + 1e-9 * static_cast<double>(column));
  }
  EXPECT_FALSE(invert(5, nearly_singular.values(), inverse.values()));
}

}  // namespace
}  // namespace matseq
