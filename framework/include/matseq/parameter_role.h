/// \file
/// What a model's parameters are for, as far as optimizers treat them differently.
#pragma once

#include <cstdint>

namespace matseq {

/// What a parameter is for.
enum class ParameterRole : std::uint8_t {
  matrix,        ///< weights of a hidden layer, two or more dimensions
  bias_or_gain,  ///< a number or vector, such as a layer norm's
  embedding,     ///< a table of which a token or position picks a row; also where the output layer shares it
  output,        ///< weights of the layer over the vocabulary
};

}  // namespace matseq
