/// \file
/// How hypotheses are searched for, and what is found.
#pragma once

#include <cstdint>
#include <vector>

namespace matseq {

/// Settings of greedy decoding, sampling and beam search (spec section 7).
struct DecodingOptions {
  std::int64_t max_output_length = 0;  ///< most tokens of a hypothesis, boundary tokens not counted; at least 1
  std::int64_t beam_size = 1;          ///< beam search: open and finished hypotheses of a sentence; at least 1
  double length_penalty = 1;           ///< beam search: exponent of the length that divides a score
  bool early_stopping = true;          ///< beam search: a sentence is done once `beam_size` hypotheses are finished
  double temperature = 1;              ///< sampling: divides the logits; above 0
};

/// Token ids without the 0 at either end.
using TokenSequence = std::vector<std::int64_t>;

/// A finished hypothesis of beam search.
struct Hypothesis {
  TokenSequence tokens;
  double score = 0;  ///< sum of log-probabilities, the closing token's included, over length to the penalty's power
};

/// Throws Error when an option is out of its range.
void check(const DecodingOptions& options);

}  // namespace matseq
