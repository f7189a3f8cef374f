#include "training/gradient_norm.h"

namespace matseq {
namespace {

std::vector<torch::Tensor> gradients(const std::vector<NamedTensor>& parameters) {
  std::vector<torch::Tensor> found;
  for (const NamedTensor& parameter : parameters) {
    if (parameter.tensor.grad().defined()) found.push_back(parameter.tensor.grad());
  }
  return found;
}

}  // namespace

torch::Tensor gradient_norm(const std::vector<NamedTensor>& parameters) {
  const std::vector<torch::Tensor> found = gradients(parameters);
  if (found.empty()) return torch::zeros({});
  return torch::stack(torch::_foreach_norm(found)).norm();
}

void scale_gradients(const std::vector<NamedTensor>& parameters, double factor) {
  const std::vector<torch::Tensor> found = gradients(parameters);
  if (!found.empty()) torch::_foreach_mul_(found, factor);
}

}  // namespace matseq
