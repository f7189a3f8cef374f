/// \file
/// What the output layer's scores say of the tokens that are expected. No LibTorch.
#pragma once

#include <cstdint>
#include <vector>

#include "arena.h"
#include "parameters.h"

namespace matseq::cpu {

/// Rows of logits that are in memory at once; with some thousand tokens they fit into the second cache.
constexpr std::int64_t logit_rows = 128;

struct TokenScore {
  float sum;  ///< of the exponentials
  double cross_entropy;
  bool likeliest;  ///< no token is likelier, and none before it as likely
};

/// Of one token, from the `tokens` logits without the bias, which become exp(logit + bias - the largest of them).
TokenScore score_token(std::int64_t tokens, const float* bias, std::int64_t truth, float* logits);

/// By how much the logit of the truth, with its bias, exceeds the mean of all: what smoothed labels add to a token's
/// cross-entropy, times their share.
double lead(std::int64_t tokens, const float* bias, std::int64_t truth, const float* logits);

/// Of every token of `expected`, which follow the decoder's states `x`, a row each.
std::vector<TokenScore> score_tokens(const Linear& output, const float* x, const std::vector<std::int64_t>& expected,
                                     Arena& arena);

}  // namespace matseq::cpu
