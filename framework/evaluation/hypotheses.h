/// \file
/// What a model answers, by the search that the settings of an evaluation choose.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "configuration/experiment.h"
#include "decoding/decoding_options.h"
#include "matseq/model.h"
#include "matseq/torch.h"
#include "tokens/matrix_grammar.h"

namespace matseq {

/// What constrained decoding is to find.
struct Constraint {
  const MatrixGrammar& grammar;
  std::vector<MatrixGrammar::Wanted> wanted;  ///< of each source
};

/// The hypotheses of the sources `rows`, (rows) int64 on the model's device: one by greedy decoding, `samples` by
/// sampling, as they are drawn, `beam_size` by beam search, best first. `seed` is that of sampling. The model is in
/// evaluation mode.
std::vector<std::vector<TokenSequence>> find_hypotheses(EncodedSource& sources, const torch::Tensor& rows,
                                                        const EvaluationConfiguration& settings,
                                                        const std::optional<Constraint>& constraint,
                                                        std::uint64_t seed);

}  // namespace matseq
