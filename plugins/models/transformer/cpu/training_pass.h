/// \file
/// Loss and gradients of a batch on the CPU, in one forward and backward pass without LibTorch.
#pragma once

#include <cstdint>
#include <vector>

#include "arena.h"
#include "network.h"
#include "sequences.h"

namespace matseq::transformer::cpu {

/// Adds the gradients of the cross-entropy's sum over these tokens, divided by `divisor`, to the network's and returns
/// that loss (spec section 4). `expected` has the token after each of `target`'s. All tokens and positions must be in
/// range.
double loss_and_gradients(const Network& network, const Sequences& source, const Sequences& target,
                          const std::vector<std::int64_t>& expected, double divisor, Arena& arena);

}  // namespace matseq::transformer::cpu
