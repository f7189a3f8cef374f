/// \file
/// The base of PyTorch's classic optimizers: each changes one parameter at a time by a few tensor operations.
#pragma once

#include <string>
#include <vector>

#include "matseq/optimizer_state.h"
#include "matseq/parameter.h"
#include "matseq/parameters.h"

namespace matseq {

/// Runs over the parameters that have gradients, counts steps and adds the L2 penalty `weight_decay` * parameter to the
/// gradient, as PyTorch's optimizers do. A derived class gives the formula of one parameter.
class MATSEQ_API ElementwiseOptimizer : public Optimizer {
 public:
  void step(double learning_rate) final;
  std::vector<NamedTensor> state() const final;

 protected:
  /// The parameters `learning_rate` and `weight_decay`, followed by `others`.
  static ParameterSchema schema_with(double learning_rate, const ParameterSchema& others);

  ElementwiseOptimizer(const Parameters& parameters, std::vector<TrainedTensor> trained,
                       std::vector<std::string> quantity_names);

  /// For what the constructor of a derived class has to fill with other values than zero.
  const OptimizerState& initial_state() const { return state_; }

 private:
  /// One update of `trained.parameter` with its `gradient`, which must not be changed; `step` counts from 1.
  virtual void update(const TrainedParameter& trained, const at::Tensor& gradient, std::int64_t step,
                      double learning_rate) = 0;

  double weight_decay_;
  OptimizerState state_;
};

}  // namespace matseq
