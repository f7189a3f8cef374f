// The key functions of the interfaces with tensors, and what a model does by default.
#include "core/torch/prefix_source.h"
#include "matseq/error.h"
#include "matseq/model.h"
#include "matseq/optimizer.h"
#include "matseq/torch.h"

namespace matseq {

namespace {

// (batch, target length - 1): where target[:, 1:] is padding.
torch::Tensor padding_of(const torch::Tensor& target, const torch::Tensor& target_lengths) {
  const torch::Tensor position = torch::arange(target.size(1) - 1, target_lengths.options());
  return position.unsqueeze(0).ge((target_lengths - 1).unsqueeze(1));
}

}  // namespace

Optimizer::~Optimizer() = default;
IncrementalDecoder::~IncrementalDecoder() = default;
EncodedSource::~EncodedSource() = default;
Model::~Model() = default;

torch::Tensor IncrementalDecoder::likeliest(const torch::Tensor& tokens) { return step(tokens).argmax(-1); }

torch::Tensor cross_entropy_sum(const torch::Tensor& logits, const SequenceBatch& batch) {
  constexpr std::int64_t ignored = -100;
  const torch::Tensor expected =
      batch.target.slice(1, 1).masked_fill(padding_of(batch.target, batch.target_lengths), ignored);
  return at::cross_entropy_loss(logits.flatten(0, 1).to(torch::kFloat32), expected.flatten(), {}, at::Reduction::Sum,
                                ignored, batch.label_smoothing);
}

Loss Model::loss(const SequenceBatch& batch) { return {cross_entropy_sum(logits(batch), batch), {}}; }

std::optional<Loss> Model::add_gradients(const SequenceBatch&, double, const MicroBatches&) { return std::nullopt; }

TeacherForcedScores score_logits(const torch::Tensor& any_logits, const torch::Tensor& target,
                                 const torch::Tensor& target_lengths) {
  const torch::Tensor logits = any_logits.to(torch::kFloat32);
  const torch::Tensor truth = target.slice(1, 1);  // (batch, length - 1)
  const torch::Tensor padding = padding_of(target, target_lengths);
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

std::unique_ptr<EncodedSource> Model::encode(const torch::Tensor& source, const torch::Tensor& source_lengths) {
  return std::make_unique<PrefixSource>(*this, source, source_lengths);
}

std::optional<ParameterRole> Model::role(const std::string&) const { return std::nullopt; }

double Model::operations(std::int64_t, std::int64_t) const { return 0; }

torch::Tensor Model::encoder_output(const torch::Tensor&, const torch::Tensor&) {
  throw Error("this model has no encoder whose output could be shown");
}

}  // namespace matseq
