// The key functions of the interfaces with tensors, and what they do by default.
#include "matseq/error.h"
#include "matseq/model.h"
#include "matseq/optimizer.h"

namespace matseq {

Optimizer::~Optimizer() = default;
Decoding::~Decoding() = default;
Model::~Model() = default;

torch::Tensor Model::loss(const SequenceBatch& batch) {
  const torch::Tensor scores = logits(batch);                                    // (batch, length - 1, words)
  const torch::Tensor truth = batch.target.slice(1, 1);                          // (batch, length - 1)
  const torch::Tensor position = torch::arange(truth.size(1), truth.options());  // (length - 1)
  const torch::Tensor real = position.unsqueeze(0) < (batch.target_lengths - 1).unsqueeze(1);
  const torch::Tensor expected = truth.masked_fill(real.logical_not(), -100);  // what cross_entropy ignores
  return torch::nn::functional::cross_entropy(scores.flatten(0, 1).to(torch::kFloat32), expected.flatten(),
                                              torch::nn::functional::CrossEntropyFuncOptions().ignore_index(-100));
}

torch::Tensor Model::encode(const torch::Tensor&, const torch::Tensor&) {
  throw Error("this model has no encoder whose output could be shown");
}

}  // namespace matseq
