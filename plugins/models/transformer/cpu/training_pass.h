/// \file
/// Loss and gradients of a batch on the CPU, in one forward and backward pass without LibTorch.
#pragma once

#include <cstdint>
#include <vector>

#include "arena.h"
#include "network.h"

namespace matseq::transformer::cpu {

/// Sequences one after the other without padding.
struct Sequences {
  std::vector<std::int64_t> words;
  std::vector<std::int64_t> positions;  ///< in its sequence, of every word
  std::vector<std::int64_t> begin;      ///< where each sequence begins, and the end of the last

  std::int64_t count() const { return static_cast<std::int64_t>(begin.size()) - 1; }
  std::int64_t total() const { return static_cast<std::int64_t>(words.size()); }
};

/// Adds the gradients of the cross-entropy's sum over these words, divided by `divisor`, to the network's and returns
/// that loss (spec section 4). `expected` has the word after each of `target`'s. All words and positions must be in
/// range.
double loss_and_gradients(const Network& network, const Sequences& source, const Sequences& target,
                          const std::vector<std::int64_t>& expected, double divisor, Arena& arena);

}  // namespace matseq::transformer::cpu
