#include "configuration/continuation.h"

#include <fmt/format.h>

#include <string>
#include <variant>

#include "configuration/framework_settings.h"
#include "configuration/toml_document.h"
#include "configuration/toml_text.h"

namespace matseq {
namespace {

/// A file is the same wherever it lies, if it has the same content; that there is one is what counts here.
bool names_file(const std::string& table, const std::string& key) { return table == "data" && key == "reload_data"; }

/// A value as TOML: values of every type can be compared so.
std::string text_of(const std::string& table, const std::string& key, const ParameterTable::Entry* entry) {
  if (entry == nullptr) return text_of_default(table, key);
  const auto* text = std::get_if<std::string>(&entry->value);
  if (names_file(table, key) && text != nullptr && !text->empty()) return "a file";
  return toml_text(entry->value);
}

const ParameterTable::Entry* find(const ParameterTable* table, const std::string& key) {
  if (table == nullptr) return nullptr;
  const auto found = table->entries.find(key);
  return found == table->entries.end() ? nullptr : &found->second;
}

const ParameterTable* find(const TomlDocument& document, const std::string& name) {
  const auto found = document.tables.find(name);
  return found == document.tables.end() ? nullptr : &found->second;
}

/// How the table differs in keys of `keys`.
std::string conflict(const std::string& name, const ParameterTable& keys, const ParameterTable* before,
                     const ParameterTable* after) {
  for (const auto& [key, entry] : keys.entries) {
    if (is_changeable(name, key)) continue;
    const std::string was = text_of(name, key, find(before, key)), is = text_of(name, key, find(after, key));
    if (was != is) return fmt::format("its {}.{} differs: {} in the run, {} in the experiment", name, key, was, is);
  }
  return "";
}

}  // namespace

std::string continuation_conflict(const std::string& existing, const std::string& wanted) {
  const TomlDocument before = parse_toml(existing, "config.toml of the run", {});
  const TomlDocument after = parse_toml(wanted, "the experiment", {});
  for (const TomlDocument* keys : {&after, &before}) {
    for (const auto& [name, table] : keys->tables) {
      std::string found = conflict(name, table, find(before, name), find(after, name));
      if (!found.empty()) return found;
    }
  }
  return "";
}

}  // namespace matseq
