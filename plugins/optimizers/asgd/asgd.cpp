// Averaged stochastic gradient descent (Polyak and Juditsky, 1992), as PyTorch has it.
#include <algorithm>
#include <cmath>

#include "matseq/elementwise_optimizer.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class AveragedSgd : public ElementwiseOptimizer {
 public:
  static ParameterSchema schema() {
    return schema_with(1e-2, {
                                 Parameter::real("lambd", 1e-4, "decay of the parameters").at_least(0),
                                 Parameter::real("alpha", 0.75, "the rate falls as this power of the update"),
                                 Parameter::real("t0", 1e6, "the update after which averaging starts").at_least(0),
                             });
  }

  AveragedSgd(const Parameters& parameters, std::vector<TrainedTensor> trained)
      : ElementwiseOptimizer(parameters, std::move(trained), {"ax"}),
        decay_(parameters.real("lambd")),
        power_(parameters.real("alpha")),
        averaging_start_(parameters.real("t0")) {}

 private:
  // PyTorch's `eta` and `mu` after the last update are `rate` and `weight` here: functions of the step, so not kept.
  void update(const TrainedParameter& trained, const at::Tensor& gradient, std::int64_t step,
              double learning_rate) override {
    const auto before = static_cast<double>(step - 1);
    const double rate = learning_rate / std::pow(1 + decay_ * learning_rate * before, power_);
    trained.parameter.mul_(1 - decay_ * rate).add_(gradient, -rate);

    const at::Tensor& average = trained.quantities[0];
    const double weight = 1 / std::max(1.0, before - averaging_start_);
    if (weight == 1) {
      average.copy_(trained.parameter);
    } else {
      average.add_(trained.parameter.sub(average), weight);
    }
  }

  double decay_;
  double power_;
  double averaging_start_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::AveragedSgd, "asgd", "1.0.0", "Averaged stochastic gradient descent (PyTorch's ASGD)")
