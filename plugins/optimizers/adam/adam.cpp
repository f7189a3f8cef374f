// The reference's Adam (section 5).
#include "../common/adam_update.h"
#include "matseq/register.h"

namespace matseq {
namespace {

class Adam : public Optimizer {
 public:
  static ParameterSchema schema() { return AdamUpdate::schema(1e-4, 0); }

  Adam(const Parameters& parameters, std::vector<TrainedTensor> trained)
      : update_(parameters, AdamUpdate::EpsilonRule::uncorrected, std::move(trained)) {}

  void step(double learning_rate) override { update_.step(learning_rate); }
  std::vector<NamedTensor> state() const override { return update_.state(); }

 private:
  AdamUpdate update_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Adam, "adam", "1.0.0", "Adam as in the papers, with decoupled weight decay")
