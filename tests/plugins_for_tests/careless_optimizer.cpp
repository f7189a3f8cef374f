// Gradient descent with momentum, unless its parameter names something that only comparing calls with each other shows.
#include <string>
#include <utility>
#include <vector>

#include "matseq/optimizer_state.h"
#include "matseq/register.h"
#include "matseq/torch.h"

#ifndef RATE
#define RATE Parameter::real("learning_rate", 0.1, "base rate")
#endif

namespace matseq {
namespace {

class CarelessOptimizer : public Optimizer {
 public:
  static ParameterSchema schema() { return {RATE, Parameter::text("fault", "", "what it does wrong")}; }

  CarelessOptimizer(const Parameters& parameters, std::vector<TrainedTensor> trained)
      : fault_(parameters.text("fault")), state_(std::move(trained), {"momentum_buffer"}) {}

  void step(double learning_rate) override {
    ++hidden_count_;
    for (const TrainedParameter& entry : state_.parameters()) {
      const torch::Tensor gradient = entry.parameter.grad();
      if (fault_ == "decays_all") entry.parameter.mul_(0.5);
      if (!gradient.defined() || fault_ == "does_nothing") continue;
      const double shrinking = fault_ == "hidden_count" ? 1.0 / static_cast<double>(hidden_count_) : 1.0;
      entry.quantities[0].mul_(0.9).add_(gradient);
      entry.parameter.add_(entry.quantities[0], -learning_rate * shrinking);
      if (fault_ == "random") entry.parameter.add_(torch::randn_like(entry.parameter));
      if (fault_ == "overflows") entry.parameter.div_(0);
      entry.count_step();
    }
  }

  std::vector<NamedTensor> state() const override {
    std::vector<NamedTensor> all = state_.tensors();
    if (fault_ == "forgets_momentum") {
      std::erase_if(all, [](const NamedTensor& named) { return named.name.ends_with("momentum_buffer"); });
    }
    if (fault_ == "late_state" && hidden_count_ == 0) all.pop_back();
    return all;
  }

 private:
  std::string fault_;
  OptimizerState state_;
  std::int64_t hidden_count_ = 0;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::CarelessOptimizer, "careless", "1.2.3", "An optimizer for tests")
