/// \file
/// What a model answers, by the search that the settings of an evaluation choose.
#pragma once

#include <cstdint>
#include <vector>

#include "configuration/experiment.h"
#include "decoding/decoding_options.h"
#include "matseq/model.h"
#include "matseq/torch.h"

namespace matseq {

/// The hypotheses of the sources `rows`, (rows) int64 on the model's device, best first: one by greedy decoding or
/// sampling, `beam_size` by beam search. `seed` is that of sampling. The model is in evaluation mode.
std::vector<std::vector<TokenSequence>> find_hypotheses(EncodedSource& sources, const torch::Tensor& rows,
                                                        const EvaluationConfiguration& settings, std::uint64_t seed);

}  // namespace matseq
