// Tests of means against values known from elsewhere.
#include "analysis/welch.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

namespace matseq {
namespace {

double p_of(const std::vector<double>& one, const std::vector<double>& other) {
  return welch_p(sample_of(one), sample_of(other)).value();
}

TEST(Welch, MeanAndDeviation) {
  const Sample sample = sample_of(std::vector<double>{2, 4, 4, 4, 5, 5, 7, 9});
  EXPECT_EQ(sample.count, 8U);
  EXPECT_DOUBLE_EQ(sample.mean, 5);
  EXPECT_DOUBLE_EQ(sample.deviation, std::sqrt(32.0 / 7));
  EXPECT_EQ(sample_of({}).count, 0U);
  EXPECT_EQ(sample_of(std::vector<double>{3}).deviation, 0);
}

TEST(Welch, IncompleteBetaInClosedForm) {
  for (const double x : {0.001, 0.1, 0.3, 0.5, 0.77, 0.999}) {
    EXPECT_NEAR(incomplete_beta(1, 4, x), 1 - std::pow(1 - x, 4), 1e-14) << x;
    EXPECT_NEAR(incomplete_beta(7, 1, x), std::pow(x, 7), 1e-14) << x;
    EXPECT_NEAR(incomplete_beta(0.5, 0.5, x), 2 / std::numbers::pi * std::asin(std::sqrt(x)), 1e-13) << x;
    EXPECT_NEAR(incomplete_beta(2, 3, x), x * x * (6 - 8 * x + 3 * x * x), 1e-14) << x;
    EXPECT_NEAR(incomplete_beta(31.5, 0.5, x) + incomplete_beta(0.5, 31.5, 1 - x), 1, 1e-13) << x;
  }
  EXPECT_EQ(incomplete_beta(2, 3, 0), 0);
  EXPECT_EQ(incomplete_beta(2, 3, 1), 1);
}

// By Simpson's rule on the density of Student's distribution.
TEST(Welch, KnownValues) {
  EXPECT_NEAR(p_of({3.0, 4.0, 1.0, 2.1}, {490.2, 340.0, 433.9}), 0.0107515611498, 1e-12);
  EXPECT_NEAR(p_of({91.2, 92.5, 90.7}, {95.1, 94.2, 96.3}), 0.0103802790138, 1e-12);
  EXPECT_NEAR(p_of({19.8, 20.4, 19.6, 17.8, 18.5, 18.9, 18.3, 18.9, 19.5, 22.0},
                   {28.2, 26.6, 20.1, 23.3, 25.2, 22.1, 17.7, 27.6, 20.6, 13.7,
                    23.2, 17.5, 20.6, 18.0, 23.9, 21.6, 24.3, 20.4, 24.0, 13.2}),
              0.0359722710298, 1e-12);
}

TEST(Welch, TheOrderOfTheSamplesDoesNotMatter) {
  const std::vector<double> one = {1, 2, 4}, other = {3, 3.5, 5, 6};
  EXPECT_DOUBLE_EQ(p_of(one, other), p_of(other, one));
  EXPECT_DOUBLE_EQ(p_of(one, one), 1);
}

TEST(Welch, NothingCanBeSaidWithoutSpreadOrOfOneNumber) {
  const Sample two = sample_of(std::vector<double>{1, 2});
  EXPECT_FALSE(welch_p(two, sample_of(std::vector<double>{1})));
  EXPECT_FALSE(welch_p(sample_of({}), two));
  EXPECT_FALSE(welch_p({3, 100, 0}, {3, 50, 0}));
  EXPECT_TRUE(welch_p({3, 100, 0}, {3, 50, 1}));
}

TEST(Welch, TinySpreadsAndFarMeansStayWithinBounds) {
  const double p = welch_p({3, 0, 1e-12}, {3, 100, 1e-12}).value();
  EXPECT_GE(p, 0);
  EXPECT_LT(p, 1e-20);
}

double p_above_of(const std::vector<double>& numbers, double bound) {
  return p_above(sample_of(numbers), bound).value();
}

// Student's distribution has a closed form for 2 and 4 degrees of freedom.
TEST(AboveABound, KnownValues) {
  EXPECT_NEAR(p_above_of({95.6, 95.9, 95.3}, 95), 0.0370899501137259, 1e-12);
  EXPECT_NEAR(p_above_of({99.1, 98.9, 99.4}, 99), 0.2278344730240824, 1e-12);
  EXPECT_NEAR(p_above_of({99.2, 98.6, 98.9}, 99), 0.6889822365046021, 1e-12);
  EXPECT_NEAR(p_above_of({95.2, 95.5, 95.1, 95.9, 95.4}, 95), 0.0196699115780523, 1e-12);
}

TEST(AboveABound, BothSidesAddUpToOne) {
  EXPECT_NEAR(p_above_of({1, 2, 4}, 3) + p_above_of({-1, -2, -4}, -3), 1, 1e-14);
}

TEST(AboveABound, WithoutSpreadOnlyTheMeanCounts) {
  EXPECT_EQ(p_above({3, 100, 0}, 99), 0);
  EXPECT_EQ(p_above({3, 99, 0}, 99), 0.5);
  EXPECT_EQ(p_above({3, 98, 0}, 99), 1);
  EXPECT_FALSE(p_above({1, 100, 0}, 99));
  EXPECT_FALSE(p_above({}, 99));
}

}  // namespace
}  // namespace matseq
