#include "training/tensor_tree.h"

#include <bit>
#include <utility>

namespace matseq {
namespace {

void add_to(torch::Tensor& sum, torch::Tensor gradient) {
  if (!gradient.defined()) return;
  if (sum.defined()) {
    sum.add_(gradient);
  } else {
    sum = std::move(gradient);
  }
}

}  // namespace

TensorTree::TensorTree(std::vector<NamedTensor> parameters)
    : parameters_(std::move(parameters)), levels_(parameters_.size()) {}

void TensorTree::add(std::size_t index, torch::Tensor gradient, std::size_t micro_batch, std::size_t of_update,
                     bool first, bool last) {
  const torch::NoGradGuard no_gradients;
  const auto depth = static_cast<std::size_t>(std::countr_zero(of_update));
  const auto level = static_cast<std::size_t>(std::countr_one(micro_batch));
  std::vector<Partial>& levels = levels_[index];
  if (levels.size() < depth) levels.resize(depth);
  torch::Tensor& sum = level == depth ? parameters_[index].tensor.mutable_grad() : levels[level].sum;
  if (first && level < depth) sum.reset();
  add_to(sum, gradient.defined() ? gradient.contiguous() : gradient);
  if (!last) return;
  for (std::size_t below = 0; below < level; ++below) add_to(sum, std::exchange(levels[below].sum, {}));
}

}  // namespace matseq
