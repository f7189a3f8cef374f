#include "configuration/continuation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "configuration/toml_document.h"

namespace matseq {
namespace {

/// Settings that may change when a run is continued: they do not change what has been learned so far.
bool may_change(const std::string& table, const std::string& key) {
  static constexpr std::array<const char*, 11> training = {
      "max_epoch", "save_periodic", "save_every",  "stopping_criterion", "validation_metrics", "device",
      "threads",   "log_every",     "max_skipped", "precision",          "cuda_graphs"};
  // The model is made for hypotheses of this length.
  if (table == "evaluation") return key != "max_output_len";
  if (table == "data") return key == "workers";
  return table == "training" && std::ranges::find(training, key) != training.end();
}

/// An entry as TOML: values of every type can be compared so.
std::string text_of(const std::string& key, const ParameterTable::Entry* entry) {
  if (entry == nullptr) return "not set";
  TomlDocument document;
  document.values.entries[key] = *entry;
  std::string text = format_toml(document);
  while (text.ends_with('\n')) text.pop_back();
  return text;
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
    if (may_change(name, key)) continue;
    const std::string was = text_of(key, find(before, key)), is = text_of(key, find(after, key));
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
      const std::string found = conflict(name, table, find(before, name), find(after, name));
      if (!found.empty()) return found;
    }
  }
  return "";
}

}  // namespace matseq
