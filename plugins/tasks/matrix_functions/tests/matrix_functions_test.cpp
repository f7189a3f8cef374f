// Functions of matrices against identities of theirs (Higham, Functions of Matrices, 2008).
#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <functional>
#include <numbers>
#include <string>

#include "make_task.h"
#include "matseq/eigen.h"

namespace matseq {
namespace {

using test::draw_example;
using test::make_task;
using Integer = std::int64_t;

/// Of 50 examples of each size.
void for_examples(const std::string& name,
                  const std::function<void(const Eigen::MatrixXd&, const Eigen::MatrixXd&)>& check) {
  for (const Integer size : {1, 2, 3, 6}) {
    const auto task = make_task(name, {{"min_dimension", size}, {"max_dimension", size}});
    for (std::uint64_t number = 0; number < 50; ++number) {
      const Example example = draw_example(*task, number);
      check(view(example.source), view(example.target));
    }
  }
}

Eigen::MatrixXd answer(const std::string& name, const Eigen::MatrixXd& matrix) {
  Example example;
  assign(example.source, matrix);
  EXPECT_TRUE(make_task(name)->answer(example)) << name;
  return view(example.target);
}

TEST(MatrixFunctions, TheExponentialOfAMatrixAndOfItsNegativeAreInverses) {
  for_examples("exponential", [](const auto& matrix, const auto& exponential) {
    EXPECT_TRUE((exponential * answer("exponential", -matrix)).isIdentity(1e-9));
    // exp(M / 1024)^1024, the former by five terms of its series.
    const Eigen::MatrixXd small = matrix / 1024;
    Eigen::MatrixXd power = Eigen::MatrixXd::Identity(matrix.rows(), matrix.cols());
    Eigen::MatrixXd term = power;
    for (int k = 1; k <= 5; ++k) power += term = term * small / k;
    for (int doubling = 0; doubling < 10; ++doubling) power *= power;
    EXPECT_TRUE(power.isApprox(exponential, 1e-9));
  });
}

TEST(MatrixFunctions, TheLogarithmIsTheExponentialsInverseInItsStrip) {
  for_examples("logarithm", [](const auto& matrix, const auto& logarithm) {
    EXPECT_TRUE(answer("exponential", logarithm).isApprox(matrix, 1e-9));
    const Eigen::VectorXd angles = Eigen::MatrixXd(logarithm).eigenvalues().imag();
    EXPECT_LT(angles.cwiseAbs().maxCoeff(), std::numbers::pi);
  });
}

TEST(MatrixFunctions, TheSquareRootIsInTheRightHalfPlane) {
  for_examples("square_root", [](const auto& matrix, const auto& root) {
    EXPECT_TRUE((root * root).isApprox(matrix, 1e-9));
    EXPECT_GT(Eigen::MatrixXd(root).eigenvalues().real().minCoeff(), 0);
  });
}

TEST(MatrixFunctions, TheSignCommutesIsItsOwnInverseAndTurnsTheMatrixToTheRight) {
  for_examples("sign", [](const auto& matrix, const auto& sign) {
    EXPECT_TRUE((sign * sign).isIdentity(1e-8));
    EXPECT_TRUE((sign * matrix).isApprox(matrix * sign, 1e-8));
    EXPECT_GT(Eigen::MatrixXd(sign * matrix).eigenvalues().real().minCoeff(), 0);
  });
}

TEST(MatrixFunctions, TheSignOfAMatrixWithAllEigenvaluesOnOneSideIsExactlyTheIdentity) {
  const auto task = make_task("sign", {{"min_dimension", Integer{2}}, {"max_dimension", Integer{2}}});
  int identities = 0;
  for (std::uint64_t number = 0; number < 200; ++number) {
    const Example example = draw_example(*task, number);
    const Eigen::MatrixXd sign = view(example.target);
    if (!Eigen::MatrixXd(sign * sign(0, 0)).isIdentity(1e-9)) continue;
    ++identities;
    EXPECT_TRUE(sign.isDiagonal(0));
  }
  EXPECT_GT(identities, 50);
}

// cos(M) + i sin(M) = exp(i M), the latter as the real exponential of [[0, -M], [M, 0]].
TEST(MatrixFunctions, SineAndCosineArePartsOfAnExponential) {
  for (const char* name : {"sine", "cosine"}) {
    for_examples(name, [&](const Eigen::MatrixXd& matrix, const Eigen::MatrixXd& value) {
      const Eigen::Index n = matrix.rows();
      Eigen::MatrixXd turn = Eigen::MatrixXd::Zero(2 * n, 2 * n);
      turn.topRightCorner(n, n) = -matrix;
      turn.bottomLeftCorner(n, n) = matrix;
      const Eigen::MatrixXd turned = answer("exponential", turn);
      const Eigen::MatrixXd expected =
          name == std::string("sine") ? turned.bottomLeftCorner(n, n) : turned.topLeftCorner(n, n);
      EXPECT_TRUE(value.isApprox(expected, 1e-9)) << name;
    });
  }
}

TEST(MatrixFunctions, HaveNoAnswerWhereTheyAreNotDefined) {
  Example example;
  assign(example.source, Eigen::Matrix2d{{-1, 0}, {0, 2}});
  EXPECT_FALSE(make_task("logarithm")->answer(example));
  EXPECT_FALSE(make_task("square_root")->answer(example));
  EXPECT_TRUE(make_task("sign")->answer(example));
  EXPECT_TRUE(view(example.target).isApprox(Eigen::Matrix2d{{-1, 0}, {0, 1}}));
  assign(example.source, Eigen::Matrix2d{{0, 1}, {-1, 0}});  // eigenvalues i and -i
  EXPECT_FALSE(make_task("sign")->answer(example));
  EXPECT_TRUE(make_task("square_root")->answer(example));
  assign(example.source, Eigen::Matrix2d{{1, 2}, {2, 4}});
  EXPECT_FALSE(make_task("logarithm")->answer(example));
  EXPECT_FALSE(make_task("sign")->answer(example));
  assign(example.source, Eigen::Matrix2d{{1000, 0}, {0, 1000}});
  EXPECT_FALSE(make_task("exponential")->answer(example));
}

}  // namespace
}  // namespace matseq
