#include "configuration/flat_configuration.h"

#include <optional>

#include "configuration/framework_settings.h"
#include "configuration/toml_document.h"
#include "configuration/toml_text.h"

namespace matseq {

FlatSettings flat_configuration(const std::string& resolved, const std::string& name) {
  const TomlDocument document = parse_toml(resolved, name, {});
  FlatSettings all;
  for (const auto& [key, entry] : document.values.entries) all[key] = toml_text(entry.value);
  for (const auto& [prefix, table] : document.tables) {
    for (const auto& [key, entry] : table.entries) all[prefix + "." + key] = toml_text(entry.value);
  }
  return all;
}

const FlatSettings& framework_defaults() {
  static const FlatSettings all = [] {
    FlatSettings defaults;
    for (const FrameworkSetting& setting : framework_settings()) {
      const std::optional<ParameterValue>& value = setting.parameter.default_value;
      if (value) defaults[setting.table + "." + setting.parameter.name] = toml_text(*value);
    }
    return defaults;
  }();
  return all;
}

FlatSettings with_framework_defaults(FlatSettings settings) {
  for (const auto& [key, text] : framework_defaults()) {
    // What is a table there, as encodings are, is set by its keys.
    const auto inner = settings.lower_bound(key + ".");
    if (inner != settings.end() && inner->first.starts_with(key + ".")) continue;
    settings.emplace(key, text);
  }
  return settings;
}

std::string setting_text(const FlatSettings& settings, const std::string& key) {
  const auto found = settings.find(key);
  if (found == settings.end()) return "";
  const std::string& text = found->second;
  const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

}  // namespace matseq
