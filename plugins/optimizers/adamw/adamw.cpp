// AdamW (Loshchilov and Hutter, 2019), as PyTorch has it.
#include "../common/adam_update.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class AdamW : public Optimizer {
 public:
  static ParameterSchema schema() { return AdamUpdate::schema(1e-3, 1e-2); }

  AdamW(const Parameters& parameters, std::vector<TrainedTensor> trained)
      : update_(parameters, AdamUpdate::EpsilonRule::corrected, std::move(trained)) {}

  void step(double learning_rate) override { update_.step(learning_rate); }
  std::vector<NamedTensor> state() const override { return update_.state(); }

 private:
  AdamUpdate update_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::AdamW, "adamw", "1.0.0", "AdamW: Adam with decoupled weight decay (PyTorch's)")
