/// \file
/// Loss and gradients on the CPU by a pass of our own instead of LibTorch's operations and its record of them.
#pragma once

#include <optional>

#include "common/cpu/arena.h"
#include "fused/fused_network.h"

namespace matseq::transformer {

/// Computes what the model's layers compute, to rounding, without dropout. Padding costs nothing: sequences are laid
/// one after the other. LibTorch's threads share out the pieces of a batch; weights are there once, gradients once for
/// each level of the tree of micro-batches.
class FusedGradients {
 public:
  /// Both must outlive this.
  FusedGradients(const FusedNetwork& network, cpu::Arenas& arenas)
      : network_(network), arenas_(arenas), trees_{.dense = cpu::GradientTree(network.dense_count())} {}

  /// As `Model::add_gradients`; nothing where the batch or the network is not for this.
  std::optional<Loss> add(const SequenceBatch& batch, double scale, const MicroBatches& cut);

 private:
  const FusedNetwork& network_;
  cpu::Arenas& arenas_;
  cpu::GradientTrees trees_;
  bool empty_root_ = false;  // the update began without gradients
};

}  // namespace matseq::transformer
