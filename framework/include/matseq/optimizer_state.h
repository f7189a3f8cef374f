/// \file
/// What every optimizer keeps of every parameter: a step count and tensors of the parameter's shape.
#pragma once

#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "matseq/optimizer.h"

namespace matseq {

/// One trained parameter and its state.
struct TrainedParameter {
  std::string name;
  at::Tensor parameter;
  at::Tensor step_count;               ///< 0-dimensional int64 on the CPU: the updates so far
  std::vector<at::Tensor> quantities;  ///< shape, type, device and memory layout of the parameter

  /// Counts one more update and returns the new count.
  std::int64_t count_step() const { return ++*step_count.data_ptr<std::int64_t>(); }
};

/// All trained parameters of an optimizer and their state.
class OptimizerState {
 public:
  /// Zeros for each of `quantity_names`, PyTorch's names of them, in this order for every parameter.
  OptimizerState(std::vector<TrainedTensor> trained, std::vector<std::string> quantity_names)
      : quantity_names_(std::move(quantity_names)) {
    for (TrainedTensor& named : trained) {
      TrainedParameter entry;
      entry.name = std::move(named.name);
      entry.parameter = std::move(named.tensor);
      entry.step_count = at::zeros({}, at::kLong);
      for (std::size_t i = 0; i < quantity_names_.size(); ++i) {
        entry.quantities.push_back(at::zeros_like(entry.parameter.detach()));
      }
      parameters_.push_back(std::move(entry));
    }
  }

  const std::vector<TrainedParameter>& parameters() const { return parameters_; }

  /// The live tensors, as `Optimizer::state` names them.
  std::vector<NamedTensor> tensors() const {
    std::vector<NamedTensor> all;
    for (const TrainedParameter& entry : parameters_) {
      all.push_back({entry.name + "/step", entry.step_count});
      for (std::size_t i = 0; i < quantity_names_.size(); ++i) {
        all.push_back({entry.name + "/" + quantity_names_[i], entry.quantities[i]});
      }
    }
    return all;
  }

 private:
  std::vector<std::string> quantity_names_;
  std::vector<TrainedParameter> parameters_;
};

}  // namespace matseq
