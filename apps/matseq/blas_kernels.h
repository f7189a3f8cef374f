/// \file
/// Which of its kernels OpenBLAS uses.
#pragma once

namespace matseq {

/// Has OpenBLAS, which is loaded later, use the kernels for what this processor can do, unless OPENBLAS_CORETYPE says
/// otherwise. Left to itself it goes by a list of processors, and takes kernels of 2004 for one that is newer than the
/// list: products are then several times slower. To be called before there are threads.
void choose_blas_kernels();

}  // namespace matseq
