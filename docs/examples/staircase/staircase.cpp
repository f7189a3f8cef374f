// A schedule of one's own: the rate falls by a factor every so many updates.
#include <matseq/register.h>
#include <matseq/schedule.h>

#include <cmath>

class Staircase : public matseq::Schedule {
 public:
  // What the [schedule] table of the TOML file may hold.
  static matseq::ParameterSchema schema() {
    return {matseq::Parameter::integer("stair", 1000, "updates of one rate").at_least(1),
            matseq::Parameter::real("factor", 0.5, "each rate is this times the one before").at_least(0).at_most(1)};
  }

  explicit Staircase(const matseq::Parameters& parameters)
      : stair_(parameters.integer("stair")), factor_(parameters.real("factor")) {}

  // A function of the update's number and the optimizer's learning_rate only, so that there is no state to save.
  double rate(std::int64_t update, double base_rate) const override {
    return base_rate * std::pow(factor_, static_cast<double>(update / stair_));
  }

 private:
  std::int64_t stair_;
  double factor_;
};

MATSEQ_REGISTER(Staircase, "staircase", "1.0.0", "A rate that falls by a factor every so many updates")
