// The key functions of the interfaces with tensors, and what they do by default.
#include <utility>

#include "matseq/error.h"
#include "matseq/model.h"
#include "matseq/optimizer.h"

namespace matseq {

Optimizer::~Optimizer() = default;
Decoding::~Decoding() = default;
Reading::~Reading() = default;
Model::~Model() = default;

torch::Tensor Decoding::likeliest(const torch::Tensor& tokens) { return step(tokens).argmax(-1); }

torch::Tensor Model::loss(const SequenceBatch& batch) {
  const torch::Tensor scores = logits(batch);                                    // (batch, length - 1, tokens)
  const torch::Tensor truth = batch.target.slice(1, 1);                          // (batch, length - 1)
  const torch::Tensor position = torch::arange(truth.size(1), truth.options());  // (length - 1)
  const torch::Tensor real = position.unsqueeze(0) < (batch.target_lengths - 1).unsqueeze(1);
  const torch::Tensor expected = truth.masked_fill(real.logical_not(), -100);  // what cross_entropy ignores
  return torch::nn::functional::cross_entropy(scores.flatten(0, 1).to(torch::kFloat32), expected.flatten(),
                                              torch::nn::functional::CrossEntropyFuncOptions().ignore_index(-100));
}

TeacherForcedScores score_logits(const torch::Tensor& any_logits, const torch::Tensor& target,
                                 const torch::Tensor& target_lengths) {
  const torch::Tensor logits = any_logits.to(torch::kFloat32);
  const torch::Tensor truth = target.slice(1, 1);  // (batch, length - 1)
  const torch::Tensor position = torch::arange(truth.size(1), truth.options());
  const torch::Tensor padding = position.unsqueeze(0).ge((target_lengths - 1).unsqueeze(1));
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

TeacherForcedScores Model::score(const SequenceBatch& batch) {
  const torch::NoGradGuard no_gradients;
  return score_logits(logits(batch), batch.target, batch.target_lengths);
}

namespace {

class ReadingAnew : public Reading {
 public:
  ReadingAnew(Model& model, torch::Tensor source, torch::Tensor source_lengths)
      : model_(model), source_(std::move(source)), source_lengths_(std::move(source_lengths)) {}

  TeacherForcedScores score(const torch::Tensor& target, const torch::Tensor& target_lengths) override {
    return model_.score({source_, source_lengths_, target, target_lengths});
  }

  std::unique_ptr<Decoding> decode(const torch::Tensor& rows, std::int64_t longest) override {
    return model_.decode(source_.index_select(0, rows), source_lengths_.index_select(0, rows), longest);
  }

 private:
  Model& model_;
  torch::Tensor source_;
  torch::Tensor source_lengths_;
};

}  // namespace

std::unique_ptr<Reading> Model::read(const torch::Tensor& source, const torch::Tensor& source_lengths) {
  return std::make_unique<ReadingAnew>(*this, source, source_lengths);
}

double Model::operations(std::int64_t, std::int64_t) const { return 0; }

torch::Tensor Model::encode(const torch::Tensor&, const torch::Tensor&) {
  throw Error("this model has no encoder whose output could be shown");
}

}  // namespace matseq
