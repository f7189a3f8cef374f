/// \file
/// The loss of a batch and its gradients.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "matseq/model.h"
#include "matseq/optimizer.h"
#include "matseq/torch.h"
#include "threads/thread_team.h"
#include "training/captured_gradients.h"

namespace matseq {

/// Computes losses and their gradients: in the model's own way, if it has one for the batch. Otherwise, on a CPU with
/// several threads, a model that may be used concurrently works on a share of the batch on each; the sum of the shares
/// is formed in a fixed order, so that results depend on the number of threads only.
class BatchGradients {
 public:
  /// `threads`: how many of the CPU to use; 1 where the model is not concurrent or is on another device. With `record`,
  /// what can be captured and replayed is, if the model allows it; where it cannot, `warn` is told why.
  BatchGradients(
      Model& model, std::vector<NamedTensor> parameters, torch::Device device, torch::ScalarType precision,
      std::size_t threads, const MakeGraphCapture& record = nullptr,
      const std::function<void(const std::string&)>& warn = [](const std::string&) {});

  /// What the model makes of its parameters once for all batches of an update, until the result is released.
  std::shared_ptr<const void> pack_weights();

  /// Adds the gradients of `scale` times the batch's loss, which is a sum over its predicted tokens, to the
  /// parameters'; returns that loss, auxiliary ones included, unscaled and 0-dimensional, which is valid until the next
  /// call. Does not wait for a device other than the CPU.
  torch::Tensor add(const SequenceBatch& batch, double scale);

 private:
  torch::Tensor add_whole(const SequenceBatch& batch, double scale);
  torch::Tensor add_shared(const SequenceBatch& batch, double scale);

  Model& model_;
  std::vector<NamedTensor> parameters_;
  torch::Device device_;
  torch::ScalarType precision_;
  std::size_t threads_ = 1;                      ///< to share a batch out among
  std::unique_ptr<ThreadTeam> team_;             ///< none until it is needed
  std::unique_ptr<CapturedGradients> captured_;  ///< none: nothing is replayed
};

}  // namespace matseq
