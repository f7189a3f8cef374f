/// \file
/// What linear layers do with rows, forward and backward, in the precision of their weights. No LibTorch.
#pragma once

#include <cstdint>

#include "arena.h"
#include "parameters.h"
#include "products.h"

namespace matseq::cpu {

/// Rows that go into products.
struct Operand {
  const float* value;
  const BFloat16* rounded;  ///< the same; null where products are in float32

  /// From some element on.
  Operand from(std::int64_t element) const {
    return {value + element, rounded == nullptr ? nullptr : rounded + element};
  }
};

/// Room for the rounded values of an operand of `layer`; null where its products are in float32.
BFloat16* take_rounded(const Linear& layer, std::int64_t count, Arena& arena);

/// `room` as `take_rounded` gives it.
Operand make_operand(const float* values, std::int64_t count, BFloat16* room);

/// `count` values that are to go through products with `layer`'s weight, or others of its network.
Operand make_operand(const Linear& layer, const float* values, std::int64_t count, Arena& arena);

/// y = x weight^T, or y += x weight^T.
void forward(const Linear& layer, const Operand& x, std::int64_t rows, float* y, Accumulate accumulate);

/// Some of a layer's outputs.
struct OutputRange {
  std::int64_t begin;
  std::int64_t end;
};

/// The gradient of these rows of the weight: set or added to `of_weight`, (outputs, in). `gradient` is that of the
/// layer's result.
void weight_gradient(const Linear& layer, const OutputRange& outputs, const Operand& x, const Operand& gradient,
                     std::int64_t rows, float* of_weight, Accumulate accumulate);

/// The gradient of the layer's input: set or added to.
void pass_back(const Linear& layer, const Operand& gradient, std::int64_t rows, float* of_x, Accumulate accumulate);

}  // namespace matseq::cpu
