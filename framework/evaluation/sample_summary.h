/// \file
/// What several samples of one answer say together.
#pragma once

#include <optional>
#include <vector>

#include "matseq/matrix.h"

namespace matseq {

/// Made without knowing the truth.
struct SampleSummary {
  Matrix median;  ///< coefficient by coefficient; of an even number of samples the mean of the middle two
  Matrix lower;   ///< the coefficients' intervals, ends included
  Matrix upper;

  /// Share of the coefficients of `truth` that lie within their intervals; 0 for a matrix of another shape.
  double coverage(const Matrix& truth) const;
};

/// Of the samples of the commonest shape, of equally common ones the one that came first; nothing where there are no
/// samples. Intervals have the share `level` of the samples in their middle: their ends are quantiles, interpolated
/// linearly.
std::optional<SampleSummary> summarise_samples(const std::vector<Matrix>& samples, double level);

}  // namespace matseq
