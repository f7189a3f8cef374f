/// \file
/// The two routines of LAPACK that decide the signs of vectors, opened at run time.
///
/// Not linked: a LibTorch that was built with MKL exports routines of the same names, which would take their place,
/// and MKL's dgesdd returns other signs. Opened on its own, the LAPACK that CMake found calls nothing but itself.
#pragma once

#include <cstddef>

namespace matseq {

/// LAPACK's integer (the common 32-bit one).
using LapackInteger = int;

/// Calls into the LAPACK library; matrices are column-major.
class Lapack {
 public:
  /// The library, opened on first use and never closed; null when there is none.
  static const Lapack* find();

  /// dsyevd, eigenvectors wanted, lower triangle: `matrix` (n x n) becomes the eigenvectors, `values` (n) ascending.
  bool symmetric_eigenvectors(LapackInteger n, double* matrix, double* values) const;

  /// dgesdd, thin: `matrix` (n x p) is destroyed; `values` (k), `left` (n x k), `right_transposed` (k x p), k = min(n,
  /// p).
  bool singular_vectors(LapackInteger n, LapackInteger p, double* matrix, double* values, double* left,
                        double* right_transposed) const;

 private:
  // Fortran passes everything by address, and the lengths of texts behind it all.
  using Dsyevd = void (*)(const char* jobz, const char* uplo, const LapackInteger* n, double* a,
                          const LapackInteger* lda, double* w, double* work, const LapackInteger* lwork,
                          LapackInteger* iwork, const LapackInteger* liwork, LapackInteger* info, std::size_t,
                          std::size_t);
  using Dgesdd = void (*)(const char* jobz, const LapackInteger* m, const LapackInteger* n, double* a,
                          const LapackInteger* lda, double* s, double* u, const LapackInteger* ldu, double* vt,
                          const LapackInteger* ldvt, double* work, const LapackInteger* lwork, LapackInteger* iwork,
                          LapackInteger* info, std::size_t);

  class OneThread;

  Lapack() = default;
  bool open();

  Dsyevd dsyevd_ = nullptr;
  Dgesdd dgesdd_ = nullptr;
  int (*get_threads_)() = nullptr;
  void (*set_threads_)(int) = nullptr;
};

}  // namespace matseq
