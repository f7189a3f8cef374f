/// \file
/// Loss and gradients on the CPU by a pass of our own instead of LibTorch's operations and its record of them.
#pragma once

#include <optional>

#include "common/cpu/arena.h"
#include "fused/fused_network.h"

namespace matseq::transformer {

/// Computes what the model's layers compute, to rounding, without dropout. Padding costs nothing: sequences are laid
/// one after the other. LibTorch's threads share out the pieces of a batch; weights and gradients are there once.
class FusedGradients {
 public:
  /// Both must outlive this.
  FusedGradients(const FusedNetwork& network, cpu::Arenas& arenas) : network_(network), arenas_(arenas) {}

  /// As `Model::add_gradients`; nothing where the batch or the network is not for this.
  std::optional<Loss> add(const SequenceBatch& batch, double scale);

 private:
  const FusedNetwork& network_;
  cpu::Arenas& arenas_;
};

}  // namespace matseq::transformer
