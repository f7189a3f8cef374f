// Linear warm-up, then cosine annealing with warm restarts (Loshchilov and Hutter, 2017).
#include <cmath>
#include <numbers>

#include "matseq/cosine_cycles.h"
#include "matseq/linear_warmup.h"
#include "matseq/register.h"
#include "matseq/schedule.h"

namespace matseq {
namespace {

class Cosine : public Schedule {
 public:
  static ParameterSchema schema() { return LinearWarmup::schema(0, CosineCycles::schema()); }
  explicit Cosine(const Parameters& parameters)
      : warmup_(parameters),
        cycles_(parameters),
        first_period_(parameters.real("init_period")),
        growth_(parameters.real("period_mult")) {}

  double rate(std::int64_t update, double base_rate) const override {
    if (warmup_.covers(update)) return warmup_.rate(update, base_rate);
    const Place place = place_of(static_cast<double>(update - warmup_.updates()));
    return cycles_.rate(place.cycle, std::cos(std::numbers::pi * place.elapsed / place.period), base_rate);
  }

 private:
  struct Place {
    double cycle;    // number of the cycle, from 0
    double period;   // its updates
    double elapsed;  // updates since it began
  };

  // Cycle i has P mult^i updates and begins after the sum of the earlier ones, P (1 - mult^i) / (1 - mult).
  Place place_of(double time) const {
    if (growth_ == 1) {
      const double cycle = std::floor(time / first_period_);
      return {cycle, first_period_, time - first_period_ * cycle};
    }
    const double cycle = std::floor(std::log(1 - time / first_period_ * (1 - growth_)) / std::log(growth_));
    const double power = std::pow(growth_, cycle);
    return {cycle, first_period_ * power, time - (1 - power) / (1 - growth_) * first_period_};
  }

  LinearWarmup warmup_;
  CosineCycles cycles_;
  double first_period_;
  double growth_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Cosine, "cosine", "1.0.0", "Linear warm-up, then cosine annealing with warm restarts")
