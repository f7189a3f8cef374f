#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "plugins/checked_plugins.h"

namespace matseq {
namespace {

class CheckedSchedule : public Schedule {
 public:
  CheckedSchedule(std::unique_ptr<Schedule> schedule, PluginOrigin origin)
      : schedule_(std::move(schedule)), origin_(std::move(origin)) {}

  double rate(std::int64_t update, double base_rate) const override {
    const double rate = origin_.call("rate()", [&] { return schedule_->rate(update, base_rate); });
    if (!std::isfinite(rate) || rate < 0) {
      origin_.refuse(
          fmt::format("gives update {} the learning rate {}; a rate is finite and not negative", update, rate));
    }
    return rate;
  }

 private:
  std::unique_ptr<Schedule> schedule_;
  PluginOrigin origin_;
};

}  // namespace

std::unique_ptr<Schedule> checked(std::unique_ptr<Schedule> schedule, const PluginOrigin& origin) {
  return std::make_unique<CheckedSchedule>(std::move(schedule), origin);
}

}  // namespace matseq
