/// \file
/// The nearest semi-orthogonal matrix, roughly.
#pragma once

#include "matseq/tensor.h"

namespace matseq {

/// For a matrix (rows, columns) with singular value decomposition U S V^T a matrix near U V^T: singular values between
/// about 0.7 and 1.2. Five steps of the quintic Newton-Schulz iteration of Jordan (2024), in bfloat16 on CUDA as
/// there, in the matrix's own type elsewhere.
inline at::Tensor orthogonalized(const at::Tensor& matrix) {
  constexpr double a = 3.4445;
  constexpr double b = -4.7750;
  constexpr double c = 2.0315;
  constexpr int steps = 5;
  const bool tall = matrix.size(0) > matrix.size(1);
  at::Tensor x = matrix.is_cuda() ? matrix.to(at::kBFloat16) : matrix;
  if (tall) x = x.t();
  x = x.div(x.norm().add(1e-7));  // the iteration converges for singular values up to 1
  for (int step = 0; step < steps; ++step) {
    const at::Tensor gram = x.mm(x.t());                         // (shorter side, shorter side)
    const at::Tensor polynomial = gram.addmm(gram, gram, b, c);  // b gram + c gram^2
    x = x.addmm(polynomial, x, a, 1);                            // a x + polynomial x
  }
  if (tall) x = x.t();
  return x.to(matrix.scalar_type());
}

}  // namespace matseq
