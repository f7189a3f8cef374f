#include "configuration/setting_defaults.h"

#include "configuration/toml_text.h"

namespace matseq {
namespace {

/// The table's plugin as TOML has it, which is how configurations are compared.
std::string place_of(const std::string& table, const std::string& plugin) { return table + " " + plugin; }

/// "encoding.input.base" is of the plugin of `encoding.input`, "model.encoder.layers" of `model`.
const FlatSettings* plugin_defaults(const std::map<std::string, FlatSettings>& of_plugins,
                                    const FlatSettings& configuration, const std::string& key) {
  for (std::size_t dot = key.rfind('.'); dot != std::string::npos && dot > 0; dot = key.rfind('.', dot - 1)) {
    const std::string table = key.substr(0, dot);
    const auto plugin = configuration.find(table + ".plugin");
    if (plugin == configuration.end()) continue;
    const auto found = of_plugins.find(place_of(table, plugin->second));
    return found == of_plugins.end() ? nullptr : &found->second;
  }
  return nullptr;
}

}  // namespace

void SettingDefaults::add(const Experiment& experiment, PluginLoader& loader) {
  add("task", PluginKind::task, experiment.task.plugin, loader);
  add("model", PluginKind::model, experiment.model.plugin, loader);
  add("optimizer", PluginKind::optimizer, experiment.optimizer.plugin, loader);
  add("schedule", PluginKind::schedule, experiment.schedule.plugin, loader);
  add("encoding.input", PluginKind::encoder, experiment.input_encoding.plugin, loader);
  add("encoding.output", PluginKind::encoder, experiment.output_encoding.plugin, loader);
}

void SettingDefaults::add(const std::string& table, PluginKind kind, const std::string& plugin, PluginLoader& loader) {
  const auto [place, is_new] = of_plugins_.try_emplace(place_of(table, toml_text(plugin)));
  if (!is_new) return;
  for (const Parameter& parameter : loader.schema(kind, plugin)) {
    if (parameter.default_value) place->second[table + "." + parameter.name] = toml_text(*parameter.default_value);
  }
}

std::string SettingDefaults::text(const FlatSettings& configuration, const std::string& key) const {
  const FlatSettings* of_plugin = plugin_defaults(of_plugins_, configuration, key);
  const FlatSettings& defaults = of_plugin != nullptr ? *of_plugin : framework_defaults();
  const auto found = defaults.find(key);
  return found == defaults.end() ? "not set" : found->second;
}

}  // namespace matseq
