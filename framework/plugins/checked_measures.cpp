#include "plugins/checked_measures.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace matseq {
namespace {

class CheckedMeasures : public Measures {
 public:
  CheckedMeasures(std::unique_ptr<const Measures> measures, PluginOrigin origin)
      : measures_(std::move(measures)), origin_(std::move(origin)) {
    properties_ = origin_.call("Measures::properties()", [&] { return measures_->properties(); });
    if (std::ranges::any_of(properties_, [](const Property& property) { return property.name.empty(); })) {
      origin_.refuse("has a property without a name among its measures");
    }
  }

  std::vector<Property> properties() const override { return properties_; }

  void check(const Example& truth) const override {
    origin_.call("Measures::check()", [&] { measures_->check(truth); });
  }

  std::vector<double> deviations(const Example& truth, const Matrix& hypothesis) const override {
    std::vector<double> deviations =
        origin_.call("Measures::deviations()", [&] { return measures_->deviations(truth, hypothesis); });
    if (deviations.size() != properties_.size()) {
      origin_.refuse(fmt::format("measures {} deviations of {} properties", deviations.size(), properties_.size()));
    }
    for (std::size_t i = 0; i < deviations.size(); ++i) {
      if (deviations[i] >= 0) continue;  // false for NaN
      origin_.refuse(fmt::format("measures a deviation of {} from '{}'; a deviation is 0 or more", deviations[i],
                                 properties_[i].name));
    }
    return deviations;
  }

  std::string conditioned_matrix() const override {
    return origin_.call("Measures::conditioned_matrix()", [&] { return measures_->conditioned_matrix(); });
  }

  bool ideal_condition_is_one() const override {
    return origin_.call("Measures::ideal_condition_is_one()", [&] { return measures_->ideal_condition_is_one(); });
  }

  std::optional<double> condition(const Example& truth, const Matrix* hypothesis) const override {
    return origin_.call("Measures::condition()", [&] { return measures_->condition(truth, hypothesis); });
  }

 private:
  std::unique_ptr<const Measures> measures_;
  PluginOrigin origin_;
  std::vector<Property> properties_;
};

}  // namespace

std::unique_ptr<const Measures> checked(std::unique_ptr<const Measures> measures, const PluginOrigin& origin) {
  return std::make_unique<CheckedMeasures>(std::move(measures), origin);
}

}  // namespace matseq
