// Adamax (Kingma and Ba, 2015), as PyTorch has it.
#include <cmath>

#include "matseq/betas.h"
#include "matseq/elementwise_optimizer.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class Adamax : public ElementwiseOptimizer {
 public:
  static ParameterSchema schema() {
    return schema_with(2e-3, {
                                 Betas::first_parameter(),
                                 Betas::second_parameter(),
                                 Parameter::real("eps", 1e-8, "added to every absolute gradient").at_least(0),
                             });
  }

  Adamax(const Parameters& parameters, std::vector<TrainedTensor> trained)
      : ElementwiseOptimizer(parameters, std::move(trained), {"exp_avg", "exp_inf"}),
        betas_(parameters),
        epsilon_(parameters.real("eps")) {}

 private:
  void update(const TrainedParameter& trained, const at::Tensor& gradient, std::int64_t step,
              double learning_rate) override {
    const at::Tensor& mean = trained.quantities[0];
    const at::Tensor& largest = trained.quantities[1];
    mean.mul_(betas_.first).add_(gradient, 1 - betas_.first);
    largest.copy_(largest.mul(betas_.second).maximum(gradient.abs().add_(epsilon_)));
    const double rate = learning_rate / (1 - std::pow(betas_.first, static_cast<double>(step)));
    trained.parameter.addcdiv_(mean, largest, -rate);
  }

  Betas betas_;
  double epsilon_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Adamax, "adamax", "1.0.0", "Adamax, Adam with the largest gradient (PyTorch's)")
