// Linear warm-up, a constant rate, then linear decay (Hu et al., 2024).
#include <algorithm>

#include "matseq/linear_warmup.h"
#include "matseq/register.h"
#include "matseq/schedule.h"

namespace matseq {
namespace {

class StableDecay : public Schedule {
 public:
  static ParameterSchema schema() {
    return LinearWarmup::schema(
        0,
        {
            Parameter::integer("stable_updates", 0, "number of updates at the optimizer's learning rate").at_least(0),
            Parameter::integer("decay_updates", 100000, "number of updates during which the rate falls linearly")
                .at_least(1),
            Parameter::real("end_lr", 0, "rate at the end of the decay, and from then on").at_least(0),
        });
  }

  explicit StableDecay(const Parameters& parameters)
      : warmup_(parameters),
        decay_begins_(static_cast<double>(warmup_.updates()) +
                      static_cast<double>(parameters.integer("stable_updates"))),
        decay_updates_(static_cast<double>(parameters.integer("decay_updates"))),
        end_rate_(parameters.real("end_lr")) {}

  double rate(std::int64_t update, double base_rate) const override {
    if (warmup_.covers(update)) return warmup_.rate(update, base_rate);
    const double decayed = std::clamp((static_cast<double>(update) - decay_begins_) / decay_updates_, 0.0, 1.0);
    return base_rate * (1 - decayed) + end_rate_ * decayed;
  }

 private:
  LinearWarmup warmup_;
  double decay_begins_;
  double decay_updates_;
  double end_rate_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::StableDecay, "stable_decay", "1.0.0", "Linear warm-up, a constant rate, then linear decay")
