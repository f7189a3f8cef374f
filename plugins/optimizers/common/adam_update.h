/// \file
/// Adam's update of many parameters at once: fused on the CPU, fused on CUDA, or by plain tensor operations.
#pragma once

#include <cstdint>
#include <vector>

#include "adam_kernel.h"
#include "matseq/betas.h"
#include "matseq/optimizer_state.h"

namespace matseq {

/// Adam with decoupled weight decay, and its state exp_avg and exp_avg_sq.
///
/// With c1 = 1 - beta1^t and c2 = 1 - beta2^t: m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
/// p -= weight_decay lr p; p -= lr (m / c1) / (sqrt(v / c2) + e), where e is as `EpsilonRule` says.
/// In every path an element's result depends neither on the number of threads nor on its place.
class AdamUpdate {
 public:
  enum class EpsilonRule : std::uint8_t {
    uncorrected,  ///< added to sqrt(v), so e = eps / sqrt(c2): the reference's Adam (section 5)
    corrected,    ///< e = eps: Kingma and Ba (2015), PyTorch
  };

  /// Reads `beta1`, `beta2`, `eps` and `weight_decay`.
  AdamUpdate(const Parameters& parameters, EpsilonRule rule, std::vector<TrainedTensor> trained);

  /// `learning_rate` and the parameters that the constructor reads, with these defaults.
  static ParameterSchema schema(double learning_rate, double weight_decay);

  /// One update of all parameters that have gradients.
  void step(double learning_rate);

  std::vector<NamedTensor> state() const { return state_.tensors(); }

 private:
  struct Item {
    at::Tensor parameter;
    at::Tensor gradient;
    at::Tensor mean;
    at::Tensor mean_square;
    std::int64_t step;
  };
  struct Chunk {
    const Item* item;
    std::int64_t begin;
    std::int64_t end;
  };

  AdamCoefficients coefficients(std::int64_t step, double learning_rate) const;
  void update_on_cpu(const std::vector<Item>& items, double learning_rate) const;
  void update_on_cuda(const std::vector<Item>& items, double learning_rate) const;
  void update_plainly(const Item& item, double learning_rate) const;

  Betas betas_;
  double epsilon_;
  double weight_decay_;
  EpsilonRule rule_;
  OptimizerState state_;
};

}  // namespace matseq
