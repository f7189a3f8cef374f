/// \file
/// Settings of libraries that only count when they are made before the library is loaded.
#pragma once

namespace matseq {

/// Has OpenBLAS use the AVX-512 of processors that are newer than it: versions before 0.3.26 take AMD's for ones
/// without it, at two thirds of their speed. OPENBLAS_CORETYPE, if set, wins.
void choose_blas_kernels();

}  // namespace matseq
