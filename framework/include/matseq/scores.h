/// \file
/// How far a hypothesis is from the truth (spec section 7, item 3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "matseq/export.h"
#include "matseq/matrix.h"
#include "matseq/parameters.h"
#include "matseq/task.h"

namespace matseq {

/// Adds up the entries of an error matrix E and a reference matrix R to the ratios of their norms: max, d1 (sum of
/// absolute values) and d2 (sum of squares), and counts the right coefficients.
class MATSEQ_API ScoreSum {
 public:
  /// When a coefficient is right: relative, |E| / (|R| + 1e-12) < tolerance; absolute, |E| < tolerance.
  enum class Right : std::uint8_t { relative, absolute };

  explicit ScoreSum(double coeff_tolerance, Right right = Right::relative)
      : tolerance_(coeff_tolerance), right_(right) {}

  /// One entry of each matrix.
  void add(double error, double reference);

  /// The score of everything added. R all zero: a perfect score if E is zero too, else an invalid one. An error too
  /// large for a double, or none at all because its terms were, is infinite.
  Score score() const;

 private:
  double tolerance_;
  Right right_;
  double largest_error_ = 0;
  double largest_reference_ = 0;
  double sum_error_ = 0;
  double sum_reference_ = 0;
  double squares_error_ = 0;
  double squares_reference_ = 0;
  std::size_t right_count_ = 0;
  std::size_t count_ = 0;
};

/// Whether the hypothesis has the target's shape and only finite entries; if not, it is not to be scored.
MATSEQ_API bool scorable(const Example& truth, const Matrix& hypothesis);

/// Throws Error unless the source has this shape: for scores that read the source too.
MATSEQ_API void require_source_shape(const Example& truth, std::size_t rows, std::size_t columns);

/// E = hypothesis - target, R = target.
MATSEQ_API Score difference_score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance);

/// E = L^T M R - diag(d), R = diag(d): L (rows of M x k), R (columns of M x k), d (k), all read off the hypothesis,
/// row-major. With L = R it judges eigenvectors, else singular vectors.
MATSEQ_API Score diagonalization_score(const Matrix& matrix, std::span<const double> left,
                                       std::span<const double> right, std::span<const double> diagonal,
                                       double coeff_tolerance);

/// Of two demands on one hypothesis, what it misses most: the larger of each error, the smaller share; invalid if
/// either is.
MATSEQ_API Score worse_of(const Score& one, const Score& other);

/// E = source * hypothesis - I, R = I; a coefficient is right when |E| < tolerance. With `classic_eval` the difference
/// score instead.
MATSEQ_API Score inverse_score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance,
                               bool classic_eval);

/// The parameter `classic_eval` of the inversion tasks.
MATSEQ_API Parameter classic_eval_parameter();

}  // namespace matseq
