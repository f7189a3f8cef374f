#include "contracts/tensors/optimizer_contract.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "contracts/trials.h"
#include "matseq/optimizer.h"
#include "matseq/torch.h"
#include "plugins/tensors/checked_plugins.h"

namespace matseq {
namespace {

constexpr std::int64_t steps_before = 7;
constexpr std::int64_t steps_after = 5;
constexpr const char* without_gradient = "idle.weight";

/// Parameters of every role and an optimizer of them.
struct Trained {
  std::vector<TrainedTensor> parameters;
  std::unique_ptr<Optimizer> optimizer;
};

std::vector<TrainedTensor> make_parameters(std::int64_t width) {
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(1);
  const auto values = [&](torch::IntArrayRef shape) { return torch::randn(shape, generator).set_requires_grad(true); };
  return {{"table.weight", values({10, width}), ParameterRole::embedding},
          {"hidden.weight", values({width, 8}), ParameterRole::matrix},
          {"hidden.bias", values({width}), ParameterRole::bias_or_gain},
          {"output.weight", values({10, width}), ParameterRole::output},
          {without_gradient, values({4, 4}), ParameterRole::matrix}};
}

/// Gradients of this step, the same whenever it is asked for.
void set_gradients(const std::vector<TrainedTensor>& parameters, std::int64_t step) {
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(static_cast<std::uint64_t>(step) + 100);
  for (const TrainedTensor& parameter : parameters) {
    if (parameter.name == without_gradient) continue;
    parameter.tensor.mutable_grad() = torch::randn(parameter.tensor.sizes(), generator);
  }
}

void make_steps(const Trained& trained, std::int64_t begin, std::int64_t end, double rate) {
  const torch::NoGradGuard no_gradients;
  for (std::int64_t step = begin; step < end; ++step) {
    set_gradients(trained.parameters, step);
    trained.optimizer->step(rate);
  }
}

void require_equal(const Trained& expected, const Trained& found, const char* what) {
  for (std::size_t i = 0; i < expected.parameters.size(); ++i) {
    const TrainedTensor& parameter = expected.parameters[i];
    if (torch::equal(parameter.tensor, found.parameters[i].tensor)) continue;
    const double difference = (parameter.tensor - found.parameters[i].tensor).abs().max().item<double>();
    broken("{}: '{}' differs by up to {}", what, parameter.name, difference);
  }
}

class OptimizerContract {
 public:
  OptimizerContract(ContractList& list, const CheckedPlugin& plugin) : list_(list), plugin_(plugin) {}

  void check() {
    const bool made = list_.check("names and tensors of the state", [&] {
      const Parameters parameters = Parameters::check(plugin_.library.schema, plugin_.table, plugin_.library.title());
      rate_ = parameters.real("learning_rate");
      return fmt::format("{} tensors of {} parameters", make(plugin_.table).optimizer->state().size(),
                         make_parameters(width).size());
    });
    if (!made) return;
    list_.check("changes what has a gradient", [&] { return check_steps(); });
    list_.check("same steps for the same gradients", [&] { return check_repetition(); });
    list_.check("its defaults written out mean the same", [&] { return check_defaults(); });
    list_.check("state restored exactly", [&] { return check_restoring(); });
    list_.check("throughput", [&] { return measure(); });
  }

 private:
  static constexpr std::int64_t width = 6;

  Trained make(const ParameterTable& table, std::int64_t wide = width) const {
    Trained trained{make_parameters(wide), nullptr};
    const std::vector<TrainedTensor>& parameters = trained.parameters;
    trained.optimizer = plugin_.loader.make<Optimizer>(plugin_.library.name, table, parameters);
    return trained;
  }

  Trained made_and_stepped(const ParameterTable& table, std::int64_t steps) const {
    Trained trained = make(table);
    make_steps(trained, 0, steps, rate_);
    return trained;
  }

  std::string check_steps() const {
    const Trained trained = made_and_stepped(plugin_.table, steps_before);
    const std::vector<TrainedTensor> initial = make_parameters(width);
    for (std::size_t i = 0; i < initial.size(); ++i) {
      const TrainedTensor& parameter = trained.parameters[i];
      const bool unchanged = torch::equal(parameter.tensor, initial[i].tensor);
      if (!torch::isfinite(parameter.tensor).all().item<bool>()) {
        broken("'{}' is not finite after {} steps at the rate {}", parameter.name, steps_before, rate_);
      }
      if (parameter.name == without_gradient && !unchanged) {
        broken("it changes '{}', which has no gradient; step() leaves such a parameter alone", parameter.name);
      }
      if (parameter.name != without_gradient && unchanged && rate_ > 0) {
        broken("it leaves '{}' as it was after {} steps with gradients", parameter.name, steps_before);
      }
    }
    return fmt::format("{} steps at the rate {}", steps_before, rate_);
  }

  std::string check_repetition() const {
    require_equal(
        made_and_stepped(plugin_.table, steps_before), made_and_stepped(plugin_.table, steps_before),
        "two optimizers of the same parameters and gradients part; step() depends on these and the state only");
    return fmt::format("{} steps, twice", steps_before);
  }

  std::string check_defaults() const {
    require_equal(made_and_stepped(plugin_.table, steps_before),
                  made_and_stepped(plugin_.complete_table(), steps_before),
                  "with every default given it steps otherwise");
    return "as a run's config.toml has them";
  }

  /// As a run is continued: a new optimizer gets the parameters and the state of the old one.
  std::string check_restoring() const {
    const Trained old = made_and_stepped(plugin_.table, steps_before);
    const Trained restored = make(plugin_.table);
    {
      const torch::NoGradGuard no_gradients;
      for (std::size_t i = 0; i < old.parameters.size(); ++i) {
        restored.parameters[i].tensor.copy_(old.parameters[i].tensor);
      }
      copy_state(*old.optimizer, *restored.optimizer);
    }
    make_steps(old, steps_before, steps_before + steps_after, rate_);
    make_steps(restored, steps_before, steps_before + steps_after, rate_);
    require_equal(
        old, restored,
        "an optimizer that was restored from state() goes on otherwise; whatever changes from step to step is "
        "in state()");
    return fmt::format("{} tensors after {} steps, compared {} steps later", old.optimizer->state().size(),
                       steps_before, steps_after);
  }

  static void copy_state(const Optimizer& from, const Optimizer& to) {
    std::map<std::string, torch::Tensor> kept;
    for (const NamedTensor& quantity : from.state()) kept[quantity.name] = quantity.tensor;
    for (const NamedTensor& quantity : to.state()) {
      const auto saved = kept.find(quantity.name);
      if (saved == kept.end())
        broken(
            "the state of a new optimizer has '{}', that of one after some steps has not; "
            "the constructor makes the whole state",
            quantity.name);
      if (saved->second.sizes() != quantity.tensor.sizes() || saved->second.dtype() != quantity.tensor.dtype()) {
        broken("'{}' in the state has another shape or type after some steps than in a new optimizer", quantity.name);
      }
      quantity.tensor.copy_(saved->second);
      kept.erase(saved);
    }
    if (!kept.empty()) {
      broken(
          "the state has '{}' after some steps, which a new optimizer has not; the constructor makes the whole state",
          kept.begin()->first);
    }
  }

  std::string measure() const {
    constexpr std::int64_t wide = 1024;
    const Trained trained = make(plugin_.table, wide);
    set_gradients(trained.parameters, 0);
    double count = 0;
    for (const TrainedTensor& parameter : trained.parameters) count += static_cast<double>(parameter.tensor.numel());
    const torch::NoGradGuard no_gradients;
    return throughput("updates", 1, [&](std::size_t) { trained.optimizer->step(rate_); }) +
           fmt::format(" of {:.0f} coefficients", count);
  }

  ContractList& list_;
  const CheckedPlugin& plugin_;
  double rate_ = 0;
};

}  // namespace

void check_optimizer_contract(ContractList& list, const CheckedPlugin& plugin) {
  OptimizerContract(list, plugin).check();
}

}  // namespace matseq
