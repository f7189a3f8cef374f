/// \file
/// The loss on the CPU by a pass of our own instead of LibTorch's operations and its record of them.
#pragma once

#include <optional>
#include <vector>

#include "cpu/arena.h"
#include "cpu/network.h"
#include "encoder_decoder.h"
#include "matseq/model.h"

namespace matseq::transformer {

/// Computes what the model's layers compute, to rounding, without dropout. Padding costs nothing: sequences are laid
/// one after the other. May be used by several threads at once.
class CpuLoss {
 public:
  /// `network` holds the parameters.
  CpuLoss(const StackOptions& encoder, const StackOptions& decoder, bool tied, const torch::nn::Module& network);

  /// The mean cross-entropy, with gradients, or nothing where this cannot do the work: it is for parameters in float32
  /// on the CPU, all of which are trained, without autocasting and while gradients are recorded.
  std::optional<torch::Tensor> loss(const SequenceBatch& batch);

  /// The loss, and the gradients of the trained parameters, in the order in which the network's are visited.
  double loss_and_gradients(const SequenceBatch& batch, std::vector<torch::Tensor>& gradients);

 private:
  bool applies(const SequenceBatch& batch) const;
  cpu::Network bind(const std::vector<torch::Tensor>& gradients) const;

  bool tied_;
  cpu::Network layout_;
  std::vector<torch::Tensor> parameters_;  // in the order of visit_parameters, without frozen tables
  std::vector<torch::Tensor> tables_;      // in that order, null where trained
  cpu::Arenas arenas_;
};

}  // namespace matseq::transformer
