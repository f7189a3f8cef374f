// A right schedule, unless its parameter names something that only comparing calls with each other shows.
#include <atomic>
#include <limits>
#include <string>
#include <thread>

#include "matseq/register.h"
#include "matseq/schedule.h"

namespace matseq {
namespace {

class CarelessSchedule : public Schedule {
 public:
  static ParameterSchema schema() { return {Parameter::text("fault", "", "what it does wrong")}; }

  explicit CarelessSchedule(const Parameters& parameters) : fault_(parameters.text("fault")) {}

  double rate(std::int64_t update, double base_rate) const override {
    if (fault_ == "counts") return base_rate / static_cast<double>(++counter_);
    if (fault_ == "late_not_a_number" && update > 100'000'000) return std::numeric_limits<double>::quiet_NaN();
    if (fault_ == "shared_scratch") {
      scratch_ = update;
      std::this_thread::yield();
      update = scratch_;
    }
    return base_rate / (1 + static_cast<double>(update));
  }

 private:
  std::string fault_;
  mutable std::atomic<std::int64_t> counter_ = 0;
  mutable std::atomic<std::int64_t> scratch_ = 0;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::CarelessSchedule, "careless", "1.2.3", "A schedule for tests")
