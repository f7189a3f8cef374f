/// \file
/// What every optimizer keeps of every parameter: a step count and tensors of the parameter's shape.
#pragma once

#include <cstdint>
#include <string>
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
class MATSEQ_API OptimizerState {
 public:
  /// Zeros for each of `quantity_names`, PyTorch's names of them, in this order for every parameter.
  OptimizerState(std::vector<TrainedTensor> trained, std::vector<std::string> quantity_names);

  const std::vector<TrainedParameter>& parameters() const { return parameters_; }

  /// The live tensors, as `Optimizer::state` names them.
  std::vector<NamedTensor> tensors() const;

 private:
  std::vector<std::string> quantity_names_;
  std::vector<TrainedParameter> parameters_;
};

}  // namespace matseq
