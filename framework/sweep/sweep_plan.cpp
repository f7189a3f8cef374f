#include "sweep/sweep_plan.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>

#include "configuration/experiment.h"
#include "configuration/experiment_plugins.h"
#include "configuration/toml_text.h"
#include "matseq/error.h"
#include "matseq/printable.h"

namespace matseq {
namespace {

std::string override_text(const SweepSetting& setting) { return setting.key + "=" + toml_value(setting.value); }

std::vector<std::string> overrides_of(const SweepFile& sweep, const SweepRun& run) {
  std::vector<std::string> overrides;
  if (!sweep.plugin_path.empty()) overrides.push_back("plugin_path=" + toml_text(sweep.plugin_path));
  for (const SweepSetting& setting : run.settings) {
    // A table takes the place of the base's, of which nothing may be left.
    if (setting.value.is_object()) overrides.push_back(setting.key + "=false");
    overrides.push_back(override_text(setting));
  }
  return overrides;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t place = 0; (place = text.find(from, place)) != std::string::npos; place += to.size()) {
    text.replace(place, from.size(), to);
  }
}

/// Settings are applied as `--set` applies them; the user wrote them into the sweep file.
std::string with_places(std::string message, const SweepRun& run) {
  for (const SweepSetting& setting : run.settings) {
    replace_all(message, "--set " + printable(override_text(setting)), setting.where);
  }
  return fmt::format("{} (in the run '{}')", message, run.name);
}

/// Reads and completes the experiments of a sweep's runs.
class Resolver {
 public:
  Resolver(const SweepFile& sweep, const RunShare& share, const Shorthands& shorthands)
      : sweep_(sweep), share_(share), shorthands_(shorthands) {}

  /// The run's config.toml.
  std::string resolved(const SweepRun& run) {
    try {
      Experiment experiment = read_experiment(sweep_.base, overrides_of(sweep_, run), shorthands_);
      share_out(experiment);
      if (metric_.empty()) metric_ = first_metric(experiment);
      std::string text = resolved_toml(experiment, loader(experiment));
      defaults_.add(experiment, loader(experiment));
      return text;
    } catch (const Error& error) {
      throw Error(with_places(error.what(), run));
    }
  }

  /// Of the plugins of all the runs.
  SettingDefaults& defaults() { return defaults_; }

  /// The first validation metric of the first run.
  const std::string& metric() const { return metric_; }

 private:
  void share_out(Experiment& experiment) const {
    if (experiment.training.threads == 0) experiment.training.threads = share_.threads;
    const auto data = experiment.document.tables.find("data");
    const bool given = data != experiment.document.tables.end() && data->second.entries.contains("workers");
    if (!given) experiment.data.workers = share_.workers;
  }

  static std::string first_metric(const Experiment& experiment) {
    const std::vector<std::string>& metrics = experiment.training.validation_metrics;
    return metrics.empty() ? "valid.accuracy" : metrics.front();
  }

  /// All runs look for plugins in the same folders: those that the base or the sweep file names.
  PluginLoader& loader(const Experiment& experiment) {
    if (!loader_) loader_ = std::make_unique<PluginLoader>(experiment_plugins(experiment, true));
    return *loader_;
  }

  const SweepFile& sweep_;
  RunShare share_;
  const Shorthands& shorthands_;
  std::unique_ptr<PluginLoader> loader_;
  SettingDefaults defaults_;
  std::string metric_;
};

}  // namespace

SweepPlan plan_sweep(const SweepFile& sweep, const std::optional<SweepRecord>& before, const RunShare& share,
                     const Shorthands& shorthands) {
  SweepExpansion expansion = expand(sweep, before ? before->keys : ShortKeys());
  if (!std::filesystem::exists(sweep.base)) {
    throw Error(
        fmt::format("{}: its 'base' is not there: {}", printable(sweep.path.string()), printable(sweep.base.string())));
  }
  read_toml(sweep.base, {});  // what is wrong with it is wrong with no single run
  SweepPlan plan;
  plan.record.share = before ? before->share : share;
  plan.record.keys = std::move(expansion.keys);
  Resolver resolver(sweep, plan.record.share, shorthands);
  for (SweepRun& run : expansion.runs) {
    plan.configurations.push_back(resolver.resolved(run));
    add_run(plan.record, std::move(run), flat_configuration(plan.configurations.back(), "the configuration"));
  }
  plan.record.metric = sweep.metric.empty() ? resolver.metric() : sweep.metric;
  plan.defaults = std::move(resolver.defaults());
  return plan;
}

}  // namespace matseq
