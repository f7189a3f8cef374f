// An optimizer that breaks its contract in the way that its parameter names. Else it does nothing.
#include <stdexcept>
#include <string>
#include <vector>

#include "matseq/optimizer.h"
#include "matseq/register.h"
#include "matseq/torch.h"

namespace matseq {
namespace {

class WrongOptimizer : public Optimizer {
 public:
  static ParameterSchema schema() {
    return {Parameter::real("learning_rate", 1, "not used"), Parameter::text("fault", "", "what it does wrong")};
  }

  template <typename Trained>
  WrongOptimizer(const Parameters& parameters, const std::vector<Trained>& trained)
      : fault_(parameters.text("fault")), name_(trained.front().name), step_(torch::zeros({}, torch::kInt64)) {}

  void step(double /*learning_rate*/) override {
    if (fault_ == "step_throws") torch::zeros({2}).view({3});
  }

  std::vector<NamedTensor> state() const override {
    if (fault_ == "state_throws") throw std::runtime_error("no fuel");
    if (fault_ == "undefined") return {{name_ + "/step", {}}};
    if (fault_ == "twice") return {{name_ + "/step", step_}, {name_ + "/step", step_}};
    if (fault_ == "of_no_parameter") return {{"other/step", step_}};
    if (fault_ == "of_no_quantity") return {{name_, step_}};
    if (fault_ == "copies") return {{name_ + "/step", step_.clone()}};
    return {{name_ + "/step", step_}};
  }

 private:
  std::string fault_;
  std::string name_;
  torch::Tensor step_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::WrongOptimizer, "wrong", "1.2.3", "An optimizer for tests")
