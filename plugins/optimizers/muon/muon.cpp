// Muon (Jordan, 2024): momentum made orthogonal, for the weights of hidden layers; Adam for everything else.
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "../common/adam_update.h"
#include "matseq/optimizer_state.h"
#include "matseq/parallel.h"
#include "matseq/register.h"
#include "newton_schulz.h"

namespace matseq {
namespace {

bool contains_any(const std::string& name, const std::vector<std::string>& parts) {
  return std::ranges::any_of(parts, [&](const std::string& part) { return name.find(part) != std::string::npos; });
}

class Muon : public Optimizer {
 public:
  static ParameterSchema schema() {
    ParameterSchema all = AdamUpdate::schema(1e-3, 1e-2);
    all.insert(
        all.end(),
        {
            Parameter::real("momentum", 0.95, "decay of the matrices' mean gradient").at_least(0).at_most(1),
            Parameter::boolean("nesterov", true, "Nesterov's momentum"),
            Parameter::texts("adam_names", {}, "matrices with one of these in their names are left to Adam, too"),
        });
    return all;
  }

  Muon(const Parameters& parameters, std::vector<TrainedTensor> trained)
      : Muon(parameters, split(parameters, trained)) {}

  void step(double learning_rate) override {
    const std::vector<TrainedParameter>& matrices = matrices_.parameters();
    const auto update_one = [&](std::int64_t i) {
      const c10::NoGradGuard no_gradients;  // a thread of LibTorch's records them
      const TrainedParameter& entry = matrices[static_cast<std::size_t>(i)];
      if (entry.parameter.grad().defined()) update(entry, learning_rate);
    };
    const auto count = static_cast<std::int64_t>(matrices.size());
    if (!matrices.empty() && matrices.front().parameter.is_cpu()) {
      parallel_for_each(count,
                        update_one);  // each on one thread: no product is shared out, which could change its bits
    } else {
      for (std::int64_t i = 0; i < count; ++i) update_one(i);
    }
    others_.step(learning_rate);
  }

  std::vector<NamedTensor> state() const override {
    std::vector<NamedTensor> all = matrices_.tensors();
    std::ranges::move(others_.state(), std::back_inserter(all));
    return all;
  }

 private:
  struct Split {
    std::vector<TrainedTensor> matrices;
    std::vector<TrainedTensor> others;
  };

  static Split split(const Parameters& parameters, const std::vector<TrainedTensor>& trained) {
    Split result;
    for (const TrainedTensor& parameter : trained) {
      const bool hidden_weight = parameter.role == ParameterRole::matrix && parameter.tensor.dim() == 2 &&
                                 !contains_any(parameter.name, parameters.texts("adam_names"));
      (hidden_weight ? result.matrices : result.others).push_back(parameter);
    }
    return result;
  }

  Muon(const Parameters& parameters, Split parts)
      : momentum_(parameters.real("momentum")),
        nesterov_(parameters.boolean("nesterov")),
        weight_decay_(parameters.real("weight_decay")),
        matrices_(std::move(parts.matrices), {"momentum_buffer"}),
        others_(parameters, AdamUpdate::EpsilonRule::corrected, std::move(parts.others)) {}

  void update(const TrainedParameter& entry, double learning_rate) const {
    const at::Tensor gradient = entry.parameter.grad();
    const at::Tensor& mean = entry.quantities[0];
    entry.count_step();
    mean.lerp_(gradient, 1 - momentum_);
    const at::Tensor direction = orthogonalized(nesterov_ ? gradient.lerp(mean, momentum_) : mean);
    // An orthogonal matrix has a root mean square of max(rows, columns)^-1/2; 0.2 is what Adam's updates usually have
    // (Liu et al., 2025, section 2.2), so that one learning rate suits both.
    const auto longer = static_cast<double>(std::max(entry.parameter.size(0), entry.parameter.size(1)));
    if (weight_decay_ != 0) entry.parameter.mul_(1 - learning_rate * weight_decay_);
    entry.parameter.add_(direction, -learning_rate * 0.2 * std::sqrt(longer));
  }

  double momentum_;
  bool nesterov_;
  double weight_decay_;
  OptimizerState matrices_;
  AdamUpdate others_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Muon, "muon", "1.0.0", "Muon for the weights of hidden layers, AdamW for everything else")
