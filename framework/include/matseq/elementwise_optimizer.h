/// \file
/// The base of PyTorch's classic optimizers: each changes one parameter at a time by a few tensor operations.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "matseq/optimizer_state.h"
#include "matseq/parameter.h"
#include "matseq/parameters.h"

namespace matseq {

/// Runs over the parameters that have gradients, counts steps and adds the L2 penalty `weight_decay` * parameter to the
/// gradient, as PyTorch's optimizers do. A derived class gives the formula of one parameter.
class ElementwiseOptimizer : public Optimizer {
 public:
  void step(double learning_rate) final {
    for (const TrainedParameter& trained : state_.parameters()) {
      at::Tensor gradient = trained.parameter.grad();
      if (!gradient.defined()) continue;
      if (weight_decay_ != 0) gradient = gradient.add(trained.parameter, weight_decay_);
      update(trained, gradient, trained.count_step(), learning_rate);
    }
  }

  std::vector<NamedTensor> state() const final { return state_.tensors(); }

 protected:
  /// The parameters `learning_rate` and `weight_decay`, followed by `others`.
  static ParameterSchema schema_with(double learning_rate, const ParameterSchema& others) {
    ParameterSchema all = {
        Parameter::real("learning_rate", learning_rate, "base learning rate, which the schedule starts from")
            .at_least(0),
        Parameter::real("weight_decay", 0, "L2 penalty: this times the parameter is added to its gradient").at_least(0),
    };
    all.insert(all.end(), others.begin(), others.end());
    return all;
  }

  ElementwiseOptimizer(const Parameters& parameters, std::vector<TrainedTensor> trained,
                       std::vector<std::string> quantity_names)
      : weight_decay_(parameters.real("weight_decay")), state_(std::move(trained), std::move(quantity_names)) {}

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
