/// \file
/// A model's parameters as plain memory, for passes on the CPU. No LibTorch.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bfloat16.h"

namespace matseq::cpu {

/// Values, and where their gradient is added up; null: the parameter is not trained.
struct Parameter {
  const float* value = nullptr;
  float* gradient = nullptr;
  std::int64_t offset = 0;            ///< of the gradient's first element among all dense ones, in a `GradientTree`
  const BFloat16* rounded = nullptr;  ///< of a linear layer's weight whose products are in bfloat16: the values
  const float* transposed = nullptr;  ///< of a linear layer's weight, perhaps: the values as (in, out)
};

struct Linear {
  Parameter weight;  ///< (out, in)
  Parameter bias;    ///< (out)
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::size_t turn = 0;  ///< in `GradientTurns`, of the first of its `weight_blocks`
};

struct Norm {
  Parameter weight;
  Parameter bias;
  std::size_t turn = 0;  ///< in `GradientTurns`
};

struct Attention {
  Linear query, key, value, output;
};

}  // namespace matseq::cpu
