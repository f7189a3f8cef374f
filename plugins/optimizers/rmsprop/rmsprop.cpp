// RMSprop (Hinton's lecture 6; centred: Graves, 2013), as PyTorch has it.
#include "matseq/elementwise_optimizer.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class RmsProp : public ElementwiseOptimizer {
 public:
  static ParameterSchema schema() {
    return schema_with(1e-2, {
                                 Parameter::real("alpha", 0.99, "decay of the running means").at_least(0).at_most(1),
                                 Parameter::real("eps", 1e-8, "added to the denominator").at_least(0),
                                 Parameter::real("momentum", 0, "share of the last update that is kept").at_least(0),
                                 Parameter::boolean("centered", false, "divide by the gradient's standard deviation"),
                             });
  }

  // The optional quantities stand last, so that each has a fixed place where it exists.
  RmsProp(const Parameters& parameters, std::vector<TrainedTensor> trained)
      : ElementwiseOptimizer(parameters, std::move(trained), quantities(parameters)),
        alpha_(parameters.real("alpha")),
        epsilon_(parameters.real("eps")),
        momentum_(parameters.real("momentum")),
        centered_(parameters.boolean("centered")) {}

 private:
  static std::vector<std::string> quantities(const Parameters& parameters) {
    std::vector<std::string> names = {"square_avg"};
    if (parameters.boolean("centered")) names.emplace_back("grad_avg");
    if (parameters.real("momentum") != 0) names.emplace_back("momentum_buffer");
    return names;
  }

  void update(const TrainedParameter& trained, const at::Tensor& gradient, std::int64_t,
              double learning_rate) override {
    const at::Tensor& mean_square = trained.quantities.front();
    mean_square.mul_(alpha_).addcmul_(gradient, gradient, 1 - alpha_);
    at::Tensor size;
    if (centered_) {
      const at::Tensor& mean = trained.quantities[1];
      mean.mul_(alpha_).add_(gradient, 1 - alpha_);
      size = mean_square.addcmul(mean, mean, -1).sqrt_().add_(epsilon_);
    } else {
      size = mean_square.sqrt().add_(epsilon_);
    }
    if (momentum_ == 0) {
      trained.parameter.addcdiv_(gradient, size, -learning_rate);
    } else {
      const at::Tensor& velocity = trained.quantities.back();
      velocity.mul_(momentum_).addcdiv_(gradient, size);
      trained.parameter.add_(velocity, -learning_rate);
    }
  }

  double alpha_;
  double epsilon_;
  double momentum_;
  bool centered_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::RmsProp, "rmsprop", "1.0.0", "RMSprop, centred and with momentum if wanted (PyTorch's)")
