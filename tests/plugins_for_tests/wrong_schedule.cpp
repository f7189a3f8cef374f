// A schedule that breaks its contract in the way that its parameter names, from the fifth update on.
#include <limits>
#include <stdexcept>
#include <string>

#include "matseq/register.h"
#include "matseq/schedule.h"

namespace matseq {
namespace {

class WrongSchedule : public Schedule {
 public:
  static ParameterSchema schema() { return {Parameter::text("fault", "", "what it does wrong")}; }

  explicit WrongSchedule(const Parameters& parameters) : fault_(parameters.text("fault")) {}

  double rate(std::int64_t update, double base_rate) const override {
    if (update < 5) return base_rate;
    if (fault_ == "throws") throw std::runtime_error("no fuel");
    if (fault_ == "not_a_number") return std::numeric_limits<double>::quiet_NaN();
    if (fault_ == "infinite") return std::numeric_limits<double>::infinity();
    if (fault_ == "negative") return -base_rate;
    return 0;
  }

 private:
  std::string fault_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::WrongSchedule, "wrong", "1.2.3", "A schedule for tests")
