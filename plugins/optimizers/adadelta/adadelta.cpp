// Adadelta (Zeiler, 2012), as PyTorch has it.
#include "matseq/elementwise_optimizer.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class Adadelta : public ElementwiseOptimizer {
 public:
  static ParameterSchema schema() {
    return schema_with(1.0,
                       {
                           Parameter::real("rho", 0.9, "decay of both running means of squares").at_least(0).at_most(1),
                           Parameter::real("eps", 1e-6, "added to both means under their roots").at_least(0),
                       });
  }

  Adadelta(const Parameters& parameters, std::vector<TrainedTensor> trained)
      : ElementwiseOptimizer(parameters, std::move(trained), {"square_avg", "acc_delta"}),
        rho_(parameters.real("rho")),
        epsilon_(parameters.real("eps")) {}

 private:
  void update(const TrainedParameter& trained, const at::Tensor& gradient, std::int64_t,
              double learning_rate) override {
    const at::Tensor& mean_square_gradient = trained.quantities[0];
    const at::Tensor& mean_square_change = trained.quantities[1];
    mean_square_gradient.mul_(rho_).addcmul_(gradient, gradient, 1 - rho_);
    const at::Tensor gradient_size = mean_square_gradient.add(epsilon_).sqrt_();
    const at::Tensor change = mean_square_change.add(epsilon_).sqrt_().div_(gradient_size).mul_(gradient);
    mean_square_change.mul_(rho_).addcmul_(change, change, 1 - rho_);
    trained.parameter.add_(change, -learning_rate);
  }

  double rho_;
  double epsilon_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Adadelta, "adadelta", "1.0.0", "Adadelta (PyTorch's)")
