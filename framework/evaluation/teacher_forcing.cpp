#include "evaluation/teacher_forcing.h"

#include "decoding/evaluation_mode.h"

namespace matseq {

TeacherForcedScores score_teacher_forced(Model& model, const SequenceBatch& batch) {
  const EvaluationMode evaluation_mode(model);
  const torch::Tensor logits = model.logits(batch).to(torch::kFloat32);  // (batch, length - 1, words)
  const torch::Tensor truth = batch.target.slice(1, 1);                  // (batch, length - 1)
  const torch::Tensor position = torch::arange(truth.size(1), truth.options());
  const torch::Tensor padding = position.unsqueeze(0).ge((batch.target_lengths - 1).unsqueeze(1));
  const torch::Tensor of_truth = logits.gather(2, truth.unsqueeze(2)).squeeze(2);
  const torch::Tensor entropies = (logits.logsumexp(2) - of_truth).to(torch::kFloat64).masked_fill(padding, 0);
  const torch::Tensor right = logits.argmax(2).eq(truth).logical_or(padding);

  const torch::Tensor both = torch::stack({entropies.sum(1), right.all(1).to(torch::kFloat64)}).to(torch::kCPU);
  const auto value = both.accessor<double, 2>();
  TeacherForcedScores scores;
  for (std::int64_t example = 0; example < both.size(1); ++example) {
    scores.cross_entropy.push_back(value[0][example]);
    scores.perfect.push_back(value[1][example] != 0);
  }
  return scores;
}

}  // namespace matseq
