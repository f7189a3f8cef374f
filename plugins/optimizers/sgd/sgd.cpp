// Stochastic gradient descent with PyTorch's momentum.
#include "matseq/elementwise_optimizer.h"
#include "matseq/refuse_parameter.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class Sgd : public ElementwiseOptimizer {
 public:
  static ParameterSchema schema() {
    return schema_with(1e-3, {
                                 Parameter::real("momentum", 0, "share of the last update that is kept").at_least(0),
                                 Parameter::real("dampening", 0, "share of the gradient that momentum leaves out"),
                                 Parameter::boolean("nesterov", false, "Nesterov's momentum"),
                             });
  }

  Sgd(const Parameters& parameters, std::vector<TrainedTensor> trained)
      : ElementwiseOptimizer(parameters, std::move(trained), quantities(parameters)),
        momentum_(parameters.real("momentum")),
        dampening_(parameters.real("dampening")),
        nesterov_(parameters.boolean("nesterov")) {
    if (nesterov_ && (momentum_ == 0 || dampening_ != 0)) {
      refuse_parameter(parameters, "nesterov", "it needs a momentum greater than 0 and a dampening of 0");
    }
  }

 private:
  static std::vector<std::string> quantities(const Parameters& parameters) {
    if (parameters.real("momentum") == 0) return {};
    return {"momentum_buffer"};
  }

  void update(const TrainedParameter& trained, const at::Tensor& gradient, std::int64_t step,
              double learning_rate) override {
    if (momentum_ == 0) {
      trained.parameter.add_(gradient, -learning_rate);
      return;
    }
    const at::Tensor& velocity = trained.quantities[0];
    velocity.mul_(momentum_).add_(gradient, step == 1 ? 1.0 : 1 - dampening_);  // the first gradient is not dampened
    trained.parameter.add_(nesterov_ ? gradient.add(velocity, momentum_) : velocity, -learning_rate);
  }

  double momentum_;
  double dampening_;
  bool nesterov_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Sgd, "sgd", "1.0.0", "Stochastic gradient descent, with momentum if wanted (PyTorch's SGD)")
