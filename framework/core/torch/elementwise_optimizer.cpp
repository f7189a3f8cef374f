#include "matseq/elementwise_optimizer.h"

#include <utility>

namespace matseq {

ElementwiseOptimizer::ElementwiseOptimizer(const Parameters& parameters, std::vector<TrainedTensor> trained,
                                           std::vector<std::string> quantity_names)
    : weight_decay_(parameters.real("weight_decay")), state_(std::move(trained), std::move(quantity_names)) {}

ParameterSchema ElementwiseOptimizer::schema_with(double learning_rate, const ParameterSchema& others) {
  ParameterSchema all = {
      Parameter::real("learning_rate", learning_rate, "base learning rate, which the schedule starts from").at_least(0),
      Parameter::real("weight_decay", 0, "L2 penalty: this times the parameter is added to its gradient").at_least(0),
  };
  all.insert(all.end(), others.begin(), others.end());
  return all;
}

void ElementwiseOptimizer::step(double learning_rate) {
  for (const TrainedParameter& trained : state_.parameters()) {
    at::Tensor gradient = trained.parameter.grad();
    if (!gradient.defined()) continue;
    if (weight_decay_ != 0) gradient = gradient.add(trained.parameter, weight_decay_);
    update(trained, gradient, trained.count_step(), learning_rate);
  }
}

std::vector<NamedTensor> ElementwiseOptimizer::state() const { return state_.tensors(); }

}  // namespace matseq
