#include "matseq/scores.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/scratch.h"
#include "matseq/error.h"

namespace matseq {
namespace {

/// Keeps the reference's division from failing at zero coefficients.
constexpr double relative_floor = 1e-12;

double ratio(double error, double reference) {
  const double quotient = error / reference;
  return std::isnan(quotient) ? std::numeric_limits<double>::infinity() : quotient;
}

}  // namespace

void ScoreSum::add(double error, double reference) {
  const double absolute_error = std::abs(error);
  const double absolute_reference = std::abs(reference);
  // Once it is not a number it stays so.
  if (absolute_error > largest_error_ || std::isnan(absolute_error)) largest_error_ = absolute_error;
  largest_reference_ = std::max(largest_reference_, absolute_reference);
  sum_error_ += absolute_error;
  sum_reference_ += absolute_reference;
  squares_error_ += error * error;
  squares_reference_ += reference * reference;
  const double deviation =
      right_ == Right::relative ? absolute_error / (absolute_reference + relative_floor) : absolute_error;
  if (deviation < tolerance_) ++right_count_;
  ++count_;
}

Score ScoreSum::score() const {
  if (largest_reference_ == 0) {
    return largest_error_ == 0 ? Score{.valid = true, .max = 0, .d1 = 0, .d2 = 0, .share = 1} : Score{};
  }
  return {.valid = true,
          .max = ratio(largest_error_, largest_reference_),
          .d1 = ratio(sum_error_, sum_reference_),
          .d2 = ratio(squares_error_, squares_reference_),
          .share = static_cast<double>(right_count_) / static_cast<double>(count_)};
}

bool scorable(const Example& truth, const Matrix& hypothesis) {
  return hypothesis.rows() == truth.target.rows() && hypothesis.columns() == truth.target.columns() &&
         std::ranges::all_of(hypothesis.values(), [](double value) { return std::isfinite(value); });
}

void require_source_shape(const Example& truth, std::size_t rows, std::size_t columns) {
  if (truth.source.rows() == rows && truth.source.columns() == columns) return;
  throw Error(fmt::format("a source of {} x {} does not belong to a target of {} x {}, whose source is {} x {}",
                          truth.source.rows(), truth.source.columns(), truth.target.rows(), truth.target.columns(),
                          rows, columns));
}

Score difference_score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance) {
  if (!scorable(truth, hypothesis)) return {};
  ScoreSum sum(coeff_tolerance);
  const auto target = truth.target.values();
  for (std::size_t i = 0; i < target.size(); ++i) sum.add(hypothesis.values()[i] - target[i], target[i]);
  return sum.score();
}

Score diagonalization_score(const Matrix& matrix, std::span<const double> left, std::span<const double> right,
                            std::span<const double> diagonal, double coeff_tolerance) {
  const std::size_t n = matrix.rows();
  const std::size_t p = matrix.columns();
  const std::size_t k = diagonal.size();
  if (left.size() != n * k || right.size() != p * k) {
    throw Error(fmt::format("a {} x {} matrix cannot be diagonalized to {} values by {} and {} coefficients", n, p, k,
                            left.size(), right.size()));
  }
  // The reference's order of products, (L^T M) R, and its matrix product's way of adding, one chain of fused steps: an
  // exact hypothesis leaves nothing but rounding in E, which then decides about right coefficients where R is zero.
  Scratch<double, 256> product(k * p);  // L^T M, (k, p)
  for (std::size_t row = 0; row < k; ++row) {
    for (std::size_t column = 0; column < p; ++column) {
      double sum = 0;
      for (std::size_t i = 0; i < n; ++i) sum = std::fma(left[i * k + row], matrix(i, column), sum);
      product[row * p + column] = sum;
    }
  }
  ScoreSum score(coeff_tolerance);
  for (std::size_t row = 0; row < k; ++row) {
    for (std::size_t column = 0; column < k; ++column) {
      double sum = 0;
      for (std::size_t i = 0; i < p; ++i) sum = std::fma(product[row * p + i], right[i * k + column], sum);
      const double reference = row == column ? diagonal[row] : 0;
      score.add(sum - reference, reference);
    }
  }
  return score.score();
}

Score worse_of(const Score& one, const Score& other) {
  if (!one.valid || !other.valid) return {};
  return {.valid = true,
          .max = std::max(one.max, other.max),
          .d1 = std::max(one.d1, other.d1),
          .d2 = std::max(one.d2, other.d2),
          .share = std::min(one.share, other.share)};
}

Score inverse_score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance, bool classic_eval) {
  if (classic_eval) return difference_score(truth, hypothesis, coeff_tolerance);
  const std::size_t n = truth.target.rows();
  require_source_shape(truth, truth.target.columns(), n);
  if (!scorable(truth, hypothesis) || n != truth.target.columns()) return {};
  ScoreSum score(coeff_tolerance, ScoreSum::Right::absolute);
  for (std::size_t row = 0; row < n; ++row) {
    for (std::size_t column = 0; column < n; ++column) {
      double sum = 0;
      for (std::size_t i = 0; i < n; ++i) sum = std::fma(truth.source(row, i), hypothesis(i, column), sum);
      const double reference = row == column ? 1 : 0;
      score.add(sum - reference, reference);
    }
  }
  return score.score();
}

Parameter classic_eval_parameter() {
  return Parameter::boolean("classic_eval", false,
                            "score by the difference to the true inverse instead of input * hypothesis - identity");
}

}  // namespace matseq
