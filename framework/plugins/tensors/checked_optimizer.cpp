#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "plugins/tensors/checked_plugins.h"

namespace matseq {
namespace {

class CheckedOptimizer : public Optimizer {
 public:
  CheckedOptimizer(std::unique_ptr<Optimizer> optimizer, PluginOrigin origin, std::set<std::string> parameters)
      : optimizer_(std::move(optimizer)), origin_(std::move(origin)), parameters_(std::move(parameters)) {
    check_same(state(), state());
  }

  void step(double learning_rate) override {
    origin_.call("step()", [&] { optimizer_->step(learning_rate); });
  }

  std::vector<NamedTensor> state() const override {
    std::vector<NamedTensor> state = origin_.call("state()", [&] { return optimizer_->state(); });
    std::set<std::string> names;
    for (const NamedTensor& quantity : state) {
      check_name(quantity.name);
      if (!names.insert(quantity.name).second) {
        origin_.refuse(fmt::format("has '{}' twice in its state()", quantity.name));
      }
      if (!quantity.tensor.defined()) {
        origin_.refuse(
            fmt::format("has an undefined tensor '{}' in its state(); the whole state is made by the "
                        "constructor",
                        quantity.name));
      }
    }
    return state;
  }

 private:
  void check_name(const std::string& name) const {
    const std::size_t slash = name.rfind('/');
    const bool complete = slash != std::string::npos && slash + 1 < name.size();
    if (complete && parameters_.contains(name.substr(0, slash))) return;
    origin_.refuse(
        fmt::format("has '{}' in its state(); a name is PARAMETER/QUANTITY, of a parameter that it was given", name));
  }

  /// A checkpoint is restored by copying into the tensors of state(): were they copies, it would be lost.
  void check_same(const std::vector<NamedTensor>& first, const std::vector<NamedTensor>& second) const {
    const bool same = std::equal(first.begin(), first.end(), second.begin(), second.end(),
                                 [](const NamedTensor& one, const NamedTensor& other) {
                                   return one.name == other.name && one.tensor.data_ptr() == other.tensor.data_ptr();
                                 });
    if (!same) {
      origin_.refuse("gives other tensors each time it is asked for its state(); it gives those that it works with");
    }
  }

  std::unique_ptr<Optimizer> optimizer_;
  PluginOrigin origin_;
  std::set<std::string> parameters_;
};

}  // namespace

std::unique_ptr<Optimizer> checked_optimizer(std::unique_ptr<Optimizer> optimizer, const PluginOrigin& origin,
                                             std::set<std::string> parameters) {
  return std::make_unique<CheckedOptimizer>(std::move(optimizer), origin, std::move(parameters));
}

}  // namespace matseq
