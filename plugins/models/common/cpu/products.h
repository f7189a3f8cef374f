/// \file
/// Matrix products of linear layers on the CPU. Matrices are row-major and without gaps; sums are in float32, whatever
/// the operands are. No LibTorch.
#pragma once

#include <cstdint>

#include "bfloat16.h"

namespace matseq::cpu {

/// The result is (rows, columns); `inner` is summed over.
struct ProductShape {
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t inner;
};

enum class Accumulate : bool { no, yes };

/// Whether products of bfloat16 numbers are faster than those of float32 here: by instructions of the processor, and by
/// a library that uses them. Elsewhere they are right, but slow.
bool has_bfloat16_products();

/// Whether products of float32 numbers are oneDNN's here, which are faster than those of a BLAS.
bool has_onednn_products();

/// c = a b^T, or c += a b^T: what a linear layer does. `a` is (rows, inner), `b` (columns, inner).
void multiply_transposed(const ProductShape& shape, const float* a, const float* b, float* c, Accumulate accumulate);
void multiply_transposed(const ProductShape& shape, const BFloat16* a, const BFloat16* b, float* c,
                         Accumulate accumulate);

/// c = a b, or c += a b: the gradient of a linear layer's input. `a` is (rows, inner), `b` (inner, columns).
void multiply(const ProductShape& shape, const float* a, const float* b, float* c, Accumulate accumulate);
void multiply(const ProductShape& shape, const BFloat16* a, const BFloat16* b, float* c, Accumulate accumulate);

/// c = a^T b, or c += a^T b: the gradient of a linear layer's weight. `a` is (inner, rows), and its rows are `a_row`
/// apart; `b` is (inner, columns).
void multiply_first_transposed(const ProductShape& shape, const float* a, std::int64_t a_row, const float* b, float* c,
                               Accumulate accumulate);
void multiply_first_transposed(const ProductShape& shape, const BFloat16* a, std::int64_t a_row, const BFloat16* b,
                               float* c, Accumulate accumulate);

}  // namespace matseq::cpu
