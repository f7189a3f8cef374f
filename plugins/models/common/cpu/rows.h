/// \file
/// What is done row by row between matrix products: biases, normalisation, ReLU. No LibTorch.
#pragma once

#include <cstdint>

#include "parameters.h"

namespace matseq::cpu {

/// A matrix (rows, width) without gaps.
struct Size {
  std::int64_t rows;
  std::int64_t width;
};

/// Every row of `x` becomes the bias.
void fill_rows(const Size& size, const float* bias, float* x);

/// x = max(0, x + bias).
void add_bias_relu(const Size& size, const float* bias, float* x);

/// `gradient` becomes that of add_bias_relu's argument, of which `x` is the result.
void relu_backward(const Size& size, const float* x, float* gradient);

/// sum += each row of `x`.
void add_rows(const Size& size, const float* x, float* sum);

/// y = LN(x + branch + bias); `branch` becomes the normalised rows before the weight, `scales` 1 / deviation of each.
/// `x` and `bias` may be null.
void add_norm(const Size& size, const float* x, float* branch, const float* bias, const Norm& norm, float* scales,
              float* y);

/// `gradient`, of add_norm's result, becomes that of the sum that it normalises; those of the norm's weight and bias
/// are added to `of_weight` and `of_bias`.
void norm_backward(const Size& size, const float* normalised, const float* scales, const float* weight, float* gradient,
                   float* of_weight, float* of_bias);

/// to(j, i) = from(i, j): of (rows, columns); rows of `from` and of `to` are `from_row` and `to_row` apart.
void transpose(const Size& size, const float* from, std::int64_t from_row, float* to, std::int64_t to_row);

/// Where the first of the largest values stands; the first that is not a number, if there are such.
std::int64_t first_of_largest(const float* values, std::int64_t count);

}  // namespace matseq::cpu
