/// \file
/// How far a matrix is from having the properties that mathematics asks of an answer (spec section 8, end).
///
/// Entries must be finite. Every measure is >= 0, and infinite where it is too large for a double.
#pragma once

#include <span>

#include "matseq/export.h"
#include "matseq/matrix.h"

namespace matseq {

/// sum|predicted - truth| / sum|truth|, of spans of one length. Where the truth is all zero: 0 if the prediction is
/// too, else infinite.
MATSEQ_API double relative_l1_distance(std::span<const double> predicted, std::span<const double> truth);

/// The largest deviation from 1 of the Euclidean norm of any row or column.
MATSEQ_API double norm_deviation(const Matrix& matrix);

/// The largest |cosine| of the angle between a row and the next, the last row's next being the first; in [0, 1].
/// 0 for a single row. A row of zeros has no direction and counts as 1, the worst.
MATSEQ_API double neighbour_cosine(const Matrix& matrix);

/// sum|matrix * inverse - I| / n, of two n x n matrices.
MATSEQ_API double inversion_residual(const Matrix& matrix, const Matrix& inverse);

/// The largest singular value over the smallest, >= 1; infinite for a singular matrix.
MATSEQ_API double condition_number(const Matrix& matrix);

}  // namespace matseq
