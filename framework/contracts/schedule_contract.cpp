#include <algorithm>
#include <array>
#include <memory>

#include "contracts/contracts.h"
#include "contracts/trials.h"
#include "matseq/schedule.h"

namespace matseq {
namespace {

constexpr std::array base_rates = {1e-4, 1e-2};
constexpr std::int64_t update_count = 5000;  ///< of a run's beginning; then ever further apart
constexpr std::int64_t last_update = 1'000'000'000;

std::vector<std::int64_t> make_updates() {
  std::vector<std::int64_t> updates;
  for (std::int64_t update = 0; update < last_update; update += update < update_count ? 1 : update / 20) {
    updates.push_back(update);
  }
  return updates;
}

class ScheduleContract {
 public:
  ScheduleContract(ContractList& list, const CheckedPlugin& plugin) : list_(list), plugin_(plugin) {}

  void check() {
    const bool made = list_.check("rates finite and not negative", [&] {
      schedule_ = make(plugin_.table);
      for (const double base : base_rates) {
        for (const std::int64_t update : updates_) rates_.push_back(schedule_->rate(update, base));
      }
      const auto [least, most] = std::minmax_element(rates_.begin(), rates_.begin() + std::ssize(updates_));
      return fmt::format("updates 0 to {}; from {:.3g} to {:.3g} for a base rate of {}", updates_.back(), *least, *most,
                         base_rates[0]);
    });
    if (!made) return;
    list_.check("same rate for the same update", [&] {
      compare(*schedule_, "asked again", 0);
      compare(*make(plugin_.table), "from another object of the same parameters", 0);
      return fmt::format("{} rates, three times each", rates_.size());
    });
    list_.check("its defaults written out mean the same", [&] {
      compare(*make(plugin_.complete_table()), "with every default given", 0);
      return "as a run's config.toml has them";
    });
    list_.check("threads", [&] {
      try_threads([&](std::size_t thread) { compare(*schedule_, "asked while other threads did, too,", thread); });
      return "four threads were told the same";
    });
    list_.check("throughput", [&] {
      return throughput("rates", static_cast<double>(updates_.size()), [&](std::size_t) {
        for (const std::int64_t update : updates_) schedule_->rate(update, base_rates[0]);
      });
    });
  }

 private:
  std::unique_ptr<const Schedule> make(const ParameterTable& table) const {
    return plugin_.loader.make_schedule(plugin_.library.name, table);
  }

  /// In another order than at first, which `shift` changes.
  void compare(const Schedule& schedule, const char* when, std::size_t shift) const {
    for (std::size_t i = 0; i < rates_.size(); ++i) {
      const std::size_t place = rates_.size() - 1 - (i + shift * rates_.size() / 4) % rates_.size();
      const std::int64_t update = updates_[place % updates_.size()];
      const double base = base_rates[place / updates_.size()];
      const double found = schedule.rate(update, base);
      if (found == rates_[place]) continue;
      broken("update {} of base rate {} has the rate {}, and {} {}; rate() depends on nothing but its arguments",
             update, base, rates_[place], when, found);
    }
  }

  ContractList& list_;
  const CheckedPlugin& plugin_;
  std::unique_ptr<const Schedule> schedule_;
  std::vector<std::int64_t> updates_ = make_updates();
  std::vector<double> rates_;  ///< of all updates for the first base rate, then for the next
};

}  // namespace

void check_schedule_contract(ContractList& list, const CheckedPlugin& plugin) {
  ScheduleContract(list, plugin).check();
}

}  // namespace matseq
