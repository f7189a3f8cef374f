/// \file
/// What encoder and decoder layers are made of besides attention, and what is kept of it for the way back. No LibTorch.
#pragma once

#include <cstdint>

#include "common/cpu/arena.h"
#include "common/cpu/linear.h"
#include "common/cpu/rows.h"
#include "network.h"
#include "sequences.h"

namespace matseq::cpu {

struct NormTrace {
  float* normalised;  ///< rows before the norm's weight and bias
  float* scales;      ///< 1 / deviation of each row
  float* result;
};

struct FeedForwardTrace {
  Operand input;
  Operand inner;
  NormTrace norm;
};

/// Tokens and positions summed up, normalised. `begin` of the sequences is not looked at.
NormTrace embed(const Stack& stack, const Sequences& sequences, Arena& arena);

/// x weight^T + bias of `rows` rows.
float* apply(const Linear& layer, const Operand& x, std::int64_t rows, Arena& arena);

/// LN(x + last(branch)): how every sublayer ends. `branch` has `rows` rows of the width that `last` takes.
NormTrace add_branch(const float* x, const Operand& branch, const Linear& last, const Norm& norm, std::int64_t rows,
                     Arena& arena);

/// LN(x + second(ReLU(first(x)))).
FeedForwardTrace feed_forward(const Linear& first, const Linear& second, const Norm& norm, const float* x,
                              std::int64_t rows, Arena& arena);

}  // namespace matseq::cpu
