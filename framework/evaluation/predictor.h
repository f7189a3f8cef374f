/// \file
/// A model's answers to inputs whose truth nobody needs to know.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "configuration/experiment.h"
#include "data/host_batch.h"
#include "decoding/evaluation_mode.h"
#include "matseq/model.h"
#include "matseq/torch.h"
#include "threads/thread_team.h"
#include "tokens/matrix_grammar.h"
#include "tokens/vocabulary.h"

namespace matseq {

/// Decodes with fixed settings. While it lives, the model is in evaluation mode.
class Predictor {
 public:
  /// `precision` is that of the model's arithmetic, `grammar` for constrained decoding. What is given must outlive it.
  Predictor(Model& model, const EvaluationConfiguration& settings, const MatrixGrammar& grammar, torch::Device device,
            torch::ScalarType precision);

  /// The hypotheses of each source, best first; all tokens without the boundary tokens. No source may have as many
  /// tokens as the experiment's `data.max_len`. What is answered depends on the sources that are asked together only in
  /// the last bits of the model's arithmetic.
  std::vector<std::vector<std::vector<TokenId>>> predict(std::span<const std::vector<TokenId>> sources);

 private:
  void predict_rows(const SequenceBatch& rows, std::span<const std::vector<TokenId>> sources,
                    std::span<std::vector<std::vector<TokenId>>> answers);

  Model& model_;
  const EvaluationConfiguration& settings_;
  const MatrixGrammar& grammar_;
  torch::Device device_;
  torch::ScalarType precision_;
  EvaluationMode evaluation_mode_;
  std::shared_ptr<const void> packed_weights_;
  std::optional<ThreadTeam> team_;
  HostBatch batch_;
};

}  // namespace matseq
