#include "configuration/flat_configuration.h"

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

}  // namespace matseq
