#include "training/gradient_norm.h"

#include <ATen/Parallel.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace matseq {
namespace {

std::vector<torch::Tensor> gradients(const std::vector<NamedTensor>& parameters) {
  std::vector<torch::Tensor> found;
  for (const NamedTensor& parameter : parameters) {
    if (parameter.tensor.grad().defined()) found.push_back(parameter.tensor.grad());
  }
  return found;
}

bool is_plain(const torch::Tensor& tensor) {
  return tensor.is_cpu() && tensor.scalar_type() == torch::kFloat32 && tensor.is_contiguous();
}

// In float32 over pieces, which keeps it fast, and in float64 over all, which keeps it exact.
double sum_of_squares(const torch::Tensor& tensor) {
  constexpr std::int64_t piece = 4096;
  const auto* values = tensor.data_ptr<float>();
  double sum = 0;
  for (std::int64_t i = 0; i < tensor.numel(); i += piece) {
    const Eigen::Map<const Eigen::ArrayXf> part(values + i, std::min(piece, tensor.numel() - i));
    sum += static_cast<double>(part.square().sum());
  }
  return sum;
}

// Of many small tensors, where LibTorch's operations would take longer than the sums.
torch::Tensor norm_of_plain(const std::vector<torch::Tensor>& tensors) {
  std::vector<double> sums(tensors.size());
  const auto count = static_cast<std::int64_t>(tensors.size());
  at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      sums[static_cast<std::size_t>(i)] = sum_of_squares(tensors[static_cast<std::size_t>(i)]);
    }
  });
  return torch::scalar_tensor(std::sqrt(std::accumulate(sums.begin(), sums.end(), 0.0)), torch::kFloat64);
}

}  // namespace

torch::Tensor gradient_norm(const std::vector<NamedTensor>& parameters) {
  const std::vector<torch::Tensor> found = gradients(parameters);
  if (found.empty()) return torch::zeros({});
  if (std::all_of(found.begin(), found.end(), is_plain)) return norm_of_plain(found);
  return torch::stack(torch::_foreach_norm(found)).norm();
}

void scale_gradients(const std::vector<NamedTensor>& parameters, double factor) {
  const std::vector<torch::Tensor> found = gradients(parameters);
  if (!found.empty()) torch::_foreach_mul_(found, factor);
}

}  // namespace matseq
