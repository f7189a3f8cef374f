// The schedule that leaves the optimizer's rate as it is.
#include "matseq/register.h"
#include "matseq/schedule.h"

namespace matseq {
namespace {

class Constant : public Schedule {
 public:
  static ParameterSchema schema() { return {}; }
  explicit Constant(const Parameters&) {}

  double rate(std::int64_t, double base_rate) const override { return base_rate; }
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Constant, "constant", "1.0.0", "The optimizer's learning rate at every update")
