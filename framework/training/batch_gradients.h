/// \file
/// The loss of a batch and its gradients.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "matseq/model.h"
#include "matseq/optimizer.h"
#include "matseq/torch.h"
#include "threads/thread_team.h"
#include "training/captured_gradients.h"
#include "training/tensor_tree.h"

namespace matseq {

/// Computes losses and their gradients, which it adds up in one tree of micro-batches: in the model's own way, if it
/// has one for the batch. Otherwise, on a CPU with several threads, each works on micro-batches of a model that may be
/// used concurrently. Nothing depends on the number of threads then; of other models LibTorch's operations use the
/// threads.
class BatchGradients {
 public:
  /// `threads`: how many of the CPU to use. `random_key`: of what the model draws, such as a dropout. With `record`,
  /// what can be captured and replayed is, if the model allows it; where it cannot, `warn` is told why.
  BatchGradients(
      Model& model, std::vector<NamedTensor> parameters, torch::Device device, torch::ScalarType precision,
      std::size_t threads, std::uint64_t random_key = 0, const MakeGraphCapture& record = nullptr,
      const std::function<void(const std::string&)>& warn = [](const std::string&) {});

  /// An update begins, whose micro-batch m is number `first_micro_batch` + m of the run: what is drawn for it depends
  /// on that number only. Returns what the model makes of its parameters once for all batches of the update, until it
  /// is released.
  std::shared_ptr<const void> begin_update(std::uint64_t first_micro_batch);

  /// Forms the gradients of `scale` times the batch's loss, which is a sum over its predicted tokens; the parameters'
  /// `.grad()` have all of the update's, added to what was in them, after its last micro-batch. Returns that loss,
  /// auxiliary ones included, unscaled and 0-dimensional float64, which is valid until the next call; sums of these are
  /// exact, in any order. Does not wait for a device other than the CPU.
  torch::Tensor add(const SequenceBatch& batch, double scale, const MicroBatches& cut);

 private:
  torch::Tensor add_in_turn(const SequenceBatch& batch, double scale, const MicroBatches& cut);
  torch::Tensor add_shared(const SequenceBatch& batch, double scale, const MicroBatches& cut);
  torch::Tensor loss_of(const SequenceBatch& batch);
  void seed_for(const MicroBatches& cut, std::size_t number) const;
  std::vector<torch::Tensor> gradients_of(const torch::Tensor& loss, double scale) const;
  void add_to_tree(const torch::Tensor& gradient, std::size_t index, std::size_t number, const MicroBatches& cut);

  Model& model_;
  std::vector<NamedTensor> parameters_;
  torch::Device device_;
  torch::ScalarType precision_;
  std::size_t threads_ = 1;  ///< to share a batch out among
  std::uint64_t random_key_;
  std::uint64_t first_micro_batch_ = 0;          ///< of the update
  TensorTree tree_;                              ///< of what LibTorch's record of operations gives
  std::unique_ptr<ThreadTeam> team_;             ///< none until it is needed
  std::unique_ptr<CapturedGradients> captured_;  ///< none: nothing is replayed
};

}  // namespace matseq
