/// \file
/// Inverses, eigenvectors and singular vectors, with the signs of vectors by choice (spec section 1).
///
/// All matrices are row-major spans. Functions that return false found no answer; the example is to be thrown away.
/// All are thread-safe and use one core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "matseq/export.h"
#include "matseq/parameters.h"

namespace matseq {

/// The sign of each eigenvector or pair of singular vectors, which mathematics leaves free.
enum class Signs : std::uint8_t {
  solver,     ///< as LAPACK's dsyevd and dgesdd return them: the papers' data
  canonical,  ///< the component of largest absolute value (the first of equal ones) is positive; of U for a pair (U, V)
};

/// Whether LAPACK is there, without which Signs::solver cannot be had.
MATSEQ_API bool solver_signs_available();

/// The parameter `signs`: "solver" (the default where LAPACK is there) or "canonical".
MATSEQ_API Parameter signs_parameter();

/// The value of the parameter `signs`.
MATSEQ_API Signs signs_of(const Parameters& parameters);

/// Throws Error that names the parameter's place when the signs are the solver's and LAPACK is missing.
MATSEQ_API void require_signs(const Parameters& parameters);

/// Eigenvalues, ascending, of a symmetric matrix (n x n; the lower triangle is read) into `values` (n).
MATSEQ_API bool symmetric_eigenvalues(std::size_t n, std::span<const double> symmetric, std::span<double> values);

/// Eigenvalues, ascending, into `values` (n) and orthonormal eigenvectors as the columns of `vectors` (n x n).
/// Throws Error when the signs are the solver's and LAPACK is missing.
MATSEQ_API bool symmetric_eigenvectors(Signs signs, std::size_t n, std::span<const double> symmetric,
                                       std::span<double> values, std::span<double> vectors);

/// Singular values, descending, of a matrix (n x p) into `values` (k = min(n, p)).
MATSEQ_API bool singular_values(std::size_t n, std::size_t p, std::span<const double> matrix, std::span<double> values);

/// The thin singular value decomposition M = U diag(values) V^T: `values` (k) descending, `left` U (n x k),
/// `right` V (p x k). Throws Error when the signs are the solver's and LAPACK is missing.
MATSEQ_API bool singular_vectors(Signs signs, std::size_t n, std::size_t p, std::span<const double> matrix,
                                 std::span<double> values, std::span<double> left, std::span<double> right);

/// The inverse of a matrix (n x n) into `inverse`; false when it is not finite or when matrix * inverse differs from
/// the identity by more than 1e-10 somewhere.
MATSEQ_API bool invert(std::size_t n, std::span<const double> matrix, std::span<double> inverse);

}  // namespace matseq
