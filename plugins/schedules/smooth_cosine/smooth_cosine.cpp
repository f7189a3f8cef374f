// Linear warm-up, then whole periods of a cosine: the rate comes back up smoothly instead of restarting.
#include <cmath>
#include <numbers>

#include "matseq/cosine_cycles.h"
#include "matseq/linear_warmup.h"
#include "matseq/refuse_parameter.h"
#include "matseq/register.h"
#include "matseq/schedule.h"

namespace matseq {
namespace {

class SmoothCosine : public Schedule {
 public:
  static ParameterSchema schema() { return LinearWarmup::schema(0, CosineCycles::schema()); }
  explicit SmoothCosine(const Parameters& parameters)
      : warmup_(parameters), cycles_(parameters), period_(parameters.real("init_period")) {
    if (parameters.real("period_mult") != 1) {
      refuse_parameter(
          parameters, "period_mult",
          "it must be 1, since all periods are of one length; the schedule 'cosine' has periods that grow");
    }
    for (const char* shrink : {"lr_shrink", "lr_shrink_min"}) {
      if (parameters.real(shrink) == 0) {
        refuse_parameter(parameters, shrink, "it must be greater than 0, since the first half period divides by it");
      }
    }
  }

  double rate(std::int64_t update, double base_rate) const override {
    if (warmup_.covers(update)) return warmup_.rate(update, base_rate);
    const double time = static_cast<double>(update - warmup_.updates());
    // The range of rates changes in the middle of a period, where the rate is lowest; the first half has cycle -1.
    const double cycle = std::floor(time / period_ - 0.5);
    const double elapsed = time - period_ * cycle;
    return cycles_.rate(cycle, std::cos(2 * std::numbers::pi * elapsed / period_), base_rate);
  }

 private:
  LinearWarmup warmup_;
  CosineCycles cycles_;
  double period_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::SmoothCosine, "smooth_cosine", "1.0.0",
                "Linear warm-up, then whole periods of a shrinking cosine")
