// An optimizer of one's own: Lion (Chen et al., 2023), which steps by the sign of a mean of gradients.
#include <matseq/elementwise_optimizer.h>
#include <matseq/register.h>

class Lion : public matseq::ElementwiseOptimizer {
 public:
  // What the [optimizer] table of the TOML file may hold: learning_rate and weight_decay, and these.
  static matseq::ParameterSchema schema() {
    return schema_with(1e-4,
                       {
                           matseq::Parameter::real("beta1", 0.9, "share of the mean in a step").at_least(0).at_most(1),
                           matseq::Parameter::real("beta2", 0.99, "decay of the mean").at_least(0).at_most(1),
                       });
  }

  // The base makes the state, one mean of each parameter's shape, and saves and restores it.
  Lion(const matseq::Parameters& parameters, std::vector<matseq::TrainedTensor> trained)
      : ElementwiseOptimizer(parameters, std::move(trained), {"exp_avg"}),
        beta1_(parameters.real("beta1")),
        beta2_(parameters.real("beta2")) {}

 private:
  void update(const matseq::TrainedParameter& trained, const at::Tensor& gradient, std::int64_t /*step*/,
              double learning_rate) override {
    const at::Tensor& mean = trained.quantities[0];
    trained.parameter.add_(mean.lerp(gradient, 1 - beta1_).sign_(), -learning_rate);
    mean.lerp_(gradient, 1 - beta2_);
  }

  double beta1_;
  double beta2_;
};

MATSEQ_REGISTER(Lion, "lion", "1.0.0", "Steps by the sign of a mean of gradients (Lion)")
