/// \file
/// What settings mean where they are not there, as in what was written before a matseq or a plugin knew them.
#pragma once

#include <map>
#include <string>

#include "configuration/experiment.h"
#include "configuration/flat_configuration.h"
#include "plugins/plugin_loader.h"

namespace matseq {

/// Defaults of the framework's own settings, and of the parameters of the plugins that were added.
class SettingDefaults {
 public:
  /// Adds those of the plugins that the experiment names. Throws Error when one cannot be loaded.
  void add(const Experiment& experiment, PluginLoader& loader);

  /// What "table.key" means in a configuration that lacks it but names its plugins: TOML, or "not set" for what has no
  /// default.
  std::string text(const FlatSettings& configuration, const std::string& key) const;

 private:
  void add(const std::string& table, PluginKind kind, const std::string& plugin, PluginLoader& loader);

  /// By table and plugin: the same key may be of several plugins.
  std::map<std::string, FlatSettings> of_plugins_;
};

}  // namespace matseq
