// Linear warm-up, then a power of the update: with exponent 1/2 the schedule of Vaswani et al. (2017).
#include <cmath>

#include "matseq/linear_warmup.h"
#include "matseq/register.h"
#include "matseq/schedule.h"

namespace matseq {
namespace {

class InverseSqrt : public Schedule {
 public:
  static ParameterSchema schema() {
    // Without a warm-up the rate, a multiple of W^f, would be zero for ever.
    return LinearWarmup::schema(
        1, {Parameter::real("exp_factor", 0.5, "the rate falls as this power of the update").at_least(0)});
  }
  explicit InverseSqrt(const Parameters& parameters) : warmup_(parameters), exponent_(parameters.real("exp_factor")) {}

  double rate(std::int64_t update, double base_rate) const override {
    if (warmup_.covers(update)) return warmup_.rate(update, base_rate);
    return base_rate * std::pow(static_cast<double>(warmup_.updates()), exponent_) *
           std::pow(static_cast<double>(update), -exponent_);
  }

 private:
  LinearWarmup warmup_;
  double exponent_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::InverseSqrt, "inverse_sqrt", "1.0.0", "Linear warm-up, then proportional to update^-exp_factor")
