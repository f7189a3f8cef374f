// Adagrad (Duchi, Hazan and Singer, 2011), as PyTorch has it.
#include "matseq/elementwise_optimizer.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class Adagrad : public ElementwiseOptimizer {
 public:
  static ParameterSchema schema() {
    return schema_with(
        1e-2, {
                  Parameter::real("lr_decay", 0, "update t has the rate / (1 + (t - 1) * lr_decay)").at_least(0),
                  Parameter::real("initial_accumulator_value", 0, "where the sums of squares start").at_least(0),
                  Parameter::real("eps", 1e-10, "added to the denominator").at_least(0),
              });
  }

  Adagrad(const Parameters& parameters, std::vector<TrainedTensor> trained)
      : ElementwiseOptimizer(parameters, std::move(trained), {"sum"}),
        decay_(parameters.real("lr_decay")),
        epsilon_(parameters.real("eps")) {
    for (const TrainedParameter& entry : initial_state().parameters()) {
      entry.quantities[0].fill_(parameters.real("initial_accumulator_value"));
    }
  }

 private:
  void update(const TrainedParameter& trained, const at::Tensor& gradient, std::int64_t step,
              double learning_rate) override {
    const at::Tensor& sum = trained.quantities[0];
    const double rate = learning_rate / (1 + static_cast<double>(step - 1) * decay_);
    sum.addcmul_(gradient, gradient);
    trained.parameter.addcdiv_(gradient, sum.sqrt().add_(epsilon_), -rate);
  }

  double decay_;
  double epsilon_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Adagrad, "adagrad", "1.0.0", "Adagrad (PyTorch's)")
