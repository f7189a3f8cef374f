/// \file
/// Functions of square matrices: those of their eigenvalues, extended to all matrices (N. J. Higham, Functions of
/// Matrices, 2008). By Eigen, except for the sign.
///
/// All write f(M), n x n, to `result` and return false, leaving anything there, where it is not defined or not real, or
/// was not found to some ten digits.
#pragma once

#include "matseq/matrix.h"

namespace matseq {

bool matrix_exponential(const Matrix& matrix, Matrix& result);
/// The principal one: no eigenvalue may be real and negative, or 0.
bool matrix_logarithm(const Matrix& matrix, Matrix& result);
/// The principal one: its eigenvalues have positive real parts; no eigenvalue of the matrix may be real and negative.
bool matrix_square_root(const Matrix& matrix, Matrix& result);
/// +1 for eigenvalues with a positive real part, -1 for those with a negative one; none may be in between.
bool matrix_sign(const Matrix& matrix, Matrix& result);
bool matrix_sine(const Matrix& matrix, Matrix& result);
bool matrix_cosine(const Matrix& matrix, Matrix& result);

}  // namespace matseq
