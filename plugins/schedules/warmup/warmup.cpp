// Linear warm-up, then constant.
#include "matseq/linear_warmup.h"
#include "matseq/register.h"
#include "matseq/schedule.h"

namespace matseq {
namespace {

class Warmup : public Schedule {
 public:
  static ParameterSchema schema() { return LinearWarmup::schema(0); }
  explicit Warmup(const Parameters& parameters) : warmup_(parameters) {}

  double rate(std::int64_t update, double base_rate) const override {
    return warmup_.covers(update) ? warmup_.rate(update, base_rate) : base_rate;
  }

 private:
  LinearWarmup warmup_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Warmup, "warmup", "1.0.0", "Linear warm-up to the optimizer's learning rate, then constant")
