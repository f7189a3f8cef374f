/// \file
/// Beam search with length penalty and early stopping (spec section 7).
#pragma once

#include <vector>

#include "decoding/decoding_options.h"
#include "matseq/model.h"
#include "matseq/torch.h"

namespace matseq {

/// The best `beam_size` finished hypotheses of each sentence, best first. `rows`, (rows) int64 on the model's device,
/// are those of the sources to decode; the model is in evaluation mode.
///
/// All sentences and beams advance together as tensors on the device. Sums of log-probabilities are kept in float64.
/// Of equal sums the one of the earlier open hypothesis, then of the smaller token, comes first; of equal scores the
/// hypothesis that finished first. A sentence has fewer hypotheses only when the model gives no more tokens a positive
/// probability.
std::vector<std::vector<Hypothesis>> decode_beam(EncodedSource& sources, const torch::Tensor& rows,
                                                 const DecodingOptions& options);

/// Of all sources: `source` is (batch, length) and `source_lengths` (batch), int64 on the model's device.
std::vector<std::vector<Hypothesis>> decode_beam(Model& model, const torch::Tensor& source,
                                                 const torch::Tensor& source_lengths, const DecodingOptions& options);

}  // namespace matseq
