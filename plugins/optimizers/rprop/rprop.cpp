// Resilient backpropagation (Riedmiller and Braun, 1993), as PyTorch has it.
#include "matseq/elementwise_optimizer.h"
#include "matseq/refuse_parameter.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class Rprop : public ElementwiseOptimizer {
 public:
  static ParameterSchema schema() {
    return schema_with(
        1e-2, {
                  Parameter::reals("etas", {0.5, 1.2}, "factors of a step size after a change of sign and after none")
                      .at_least(0),
                  Parameter::reals("step_sizes", {1e-6, 50}, "smallest and largest step size").at_least(0),
              });
  }

  Rprop(const Parameters& parameters, std::vector<TrainedTensor> trained)
      : ElementwiseOptimizer(parameters, std::move(trained), {"prev", "step_size"}),
        shrink_(pair(parameters, "etas").first),
        grow_(pair(parameters, "etas").second),
        smallest_(pair(parameters, "step_sizes").first),
        largest_(pair(parameters, "step_sizes").second) {
    if (!(shrink_ > 0 && shrink_ < 1 && grow_ > 1)) {
      refuse_parameter(parameters, "etas", "accepted are a factor between 0 and 1 and one greater than 1");
    }
    if (smallest_ > largest_) refuse_parameter(parameters, "step_sizes", "accepted are the smallest, then the largest");
    for (const TrainedParameter& entry : initial_state().parameters()) {
      entry.quantities[1].fill_(parameters.real("learning_rate"));
    }
  }

 private:
  static std::pair<double, double> pair(const Parameters& parameters, const std::string& name) {
    const std::vector<double>& values = parameters.reals(name);
    if (values.size() != 2) refuse_parameter(parameters, name, "accepted is a list of two numbers");
    return {values[0], values[1]};
  }

  // The learning rate is the first step size of every element and plays no part later, whatever the schedule says.
  void update(const TrainedParameter& trained, const at::Tensor& gradient, std::int64_t, double) override {
    const at::Tensor& previous = trained.quantities[0];
    const at::Tensor& step_size = trained.quantities[1];
    const at::Tensor agreement = gradient.mul(previous);
    const at::Tensor reversed = agreement.lt(0);
    at::Tensor factor = agreement.new_ones(agreement.sizes());
    factor.masked_fill_(agreement.gt(0), grow_).masked_fill_(reversed, shrink_);
    step_size.mul_(factor).clamp_(smallest_, largest_);
    previous.copy_(gradient.masked_fill(reversed, 0));  // after a reversal the element stands still once
    trained.parameter.addcmul_(previous.sign(), step_size, -1);
  }

  double shrink_;
  double grow_;
  double smallest_;
  double largest_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Rprop, "rprop", "1.0.0", "Resilient backpropagation (PyTorch's Rprop), for full batches")
