#include "configuration/flat_configuration.h"

#include "configuration/toml_document.h"
#include "configuration/toml_text.h"

namespace matseq {

FlatSettings flat_configuration(const std::string& resolved) {
  const TomlDocument document = parse_toml(resolved, "the configuration", {});
  FlatSettings all;
  for (const auto& [key, entry] : document.values.entries) all[key] = toml_text(entry.value);
  for (const auto& [name, table] : document.tables) {
    for (const auto& [key, entry] : table.entries) all[name + "." + key] = toml_text(entry.value);
  }
  return all;
}

}  // namespace matseq
