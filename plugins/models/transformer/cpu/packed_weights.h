/// \file
/// A network's weights as products take them fastest. No LibTorch.
#pragma once

#include "network.h"

namespace matseq::cpu {

/// Lets all products with the network's weights, as they are now, be in bfloat16.
void round_weights(Network& network);

/// Keeps the weights, as they are now, transposed, too: few rows are multiplied by them up to half as fast again.
void transpose_weights(Network& network);

}  // namespace matseq::cpu
