/// \file
/// What the output layer's scores say of the words that are expected. No LibTorch.
#pragma once

#include <cstdint>
#include <vector>

#include "arena.h"
#include "network.h"

namespace matseq::transformer::cpu {

/// Rows of logits that are in memory at once; with some thousand words they fit into the second cache.
constexpr std::int64_t logit_rows = 128;

struct WordScore {
  float sum;  ///< of the exponentials
  double cross_entropy;
  bool likeliest;  ///< no word is likelier, and none before it as likely
};

/// Of one word, from the `words` logits without the bias, which become exp(logit + bias - the largest of them).
WordScore score_word(std::int64_t words, const float* bias, std::int64_t truth, float* logits);

/// Of every word of `expected`, which follow the decoder's states `x`, a row each.
std::vector<WordScore> score_words(const Linear& output, const float* x, const std::vector<std::int64_t>& expected,
                                   Arena& arena);

}  // namespace matseq::transformer::cpu
