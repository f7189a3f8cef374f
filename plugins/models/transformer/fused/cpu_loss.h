/// \file
/// The loss on the CPU by a pass of our own instead of LibTorch's operations and its record of them.
#pragma once

#include <optional>
#include <vector>

#include "cpu/arena.h"
#include "fused/cpu_network.h"

namespace matseq::transformer {

/// Computes what the model's layers compute, to rounding, without dropout. Padding costs nothing: sequences are laid
/// one after the other. May be used by several threads at once.
class CpuLoss {
 public:
  /// Both must outlive this.
  CpuLoss(const CpuNetwork& network, cpu::Arenas& arenas) : network_(network), arenas_(arenas) {}

  /// The mean cross-entropy, with gradients, or nothing where this cannot do the work: it is for a usable network, all
  /// of which is trained, and while gradients are recorded.
  std::optional<torch::Tensor> loss(const SequenceBatch& batch);

  /// The loss, and the gradients of the trained parameters, in the order in which the network has them.
  double loss_and_gradients(const SequenceBatch& batch, std::vector<torch::Tensor>& gradients);

 private:
  const CpuNetwork& network_;
  cpu::Arenas& arenas_;
};

}  // namespace matseq::transformer
