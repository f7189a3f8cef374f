#include "configuration/toml_document.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <fstream>
#include <sstream>

#include "matseq/error.h"

namespace matseq {
namespace {

constexpr std::uintmax_t largest_file = 16U << 20U;
constexpr int deepest_nesting = 16;

std::string place(const toml::node& node, const std::string& name) {
  const toml::source_region& region = node.source();
  std::string file = region.path ? *region.path : name;
  if (file.starts_with("--set") || region.begin.line == 0) return file;
  return fmt::format("{}:{}", file, region.begin.line);
}

ParameterTable flatten(const toml::table& table, const std::string& prefix, const std::string& name);

ParameterValue array_value(const toml::array& array, const std::string& key, const std::string& name) {
  std::vector<std::int64_t> integers;
  std::vector<double> reals;
  std::vector<std::string> texts;
  std::vector<ParameterTable> tables;
  for (const toml::node& element : array) {
    if (const auto integer = element.value_exact<std::int64_t>()) integers.push_back(*integer);
    if (const auto real = element.value<double>(); real && element.is_number()) reals.push_back(*real);
    if (const auto text = element.value_exact<std::string>()) texts.push_back(*text);
    if (const toml::table* inner = element.as_table()) tables.push_back(flatten(*inner, key, name));
  }
  if (integers.size() == array.size()) return integers;
  if (reals.size() == array.size()) return reals;
  if (texts.size() == array.size()) return texts;
  if (tables.size() == array.size()) return tables;
  throw Error(fmt::format("{}: '{}' must be a list of numbers, of strings or of tables, not a mixture",
                          place(array, name), key));
}

/// A value that is no table.
ParameterTable::Entry entry_of(const toml::node& node, const std::string& key, const std::string& name) {
  ParameterTable::Entry entry;
  entry.where = place(node, name);
  if (const toml::array* array = node.as_array()) {
    entry.value = array_value(*array, key, name);
  } else if (const auto boolean = node.value_exact<bool>()) {
    entry.value = *boolean;
  } else if (const auto integer = node.value_exact<std::int64_t>()) {
    entry.value = *integer;
  } else if (const auto real = node.value_exact<double>()) {
    entry.value = *real;
  } else if (const auto text = node.value_exact<std::string>()) {
    entry.value = *text;
  } else {
    throw Error(fmt::format("{}: '{}' is a date or time; accepted are booleans, numbers, strings, lists and tables",
                            entry.where, key));
  }
  return entry;
}

void flatten_into(ParameterTable& to, const toml::table& from, const std::string& inner, const std::string& name,
                  int depth) {
  if (depth > deepest_nesting) {
    throw Error(fmt::format("{}: '{}' is nested too deeply", place(from, name), to.prefix));
  }
  for (const auto& [toml_key, node] : from) {
    const std::string key = inner + std::string(toml_key.str());
    const std::string dotted = to.prefix.empty() ? key : to.prefix + "." + key;
    if (const toml::table* table = node.as_table()) {
      flatten_into(to, *table, key + ".", name, depth + 1);
    } else {
      to.entries[key] = entry_of(node, dotted, name);
    }
  }
}

ParameterTable flatten(const toml::table& table, const std::string& prefix, const std::string& name) {
  ParameterTable flat;
  flat.prefix = prefix;
  flat.where = place(table, name);
  flatten_into(flat, table, "", name, 0);
  return flat;
}

/// Puts everything of `from` into `to`: tables are merged, the rest is replaced.
void merge(toml::table& to, toml::table&& from) {
  for (auto&& [key, node] : from) {
    toml::table* existing = to.get(key.str()) != nullptr ? to.get(key.str())->as_table() : nullptr;
    if (toml::table* added = node.as_table(); added != nullptr && existing != nullptr) {
      merge(*existing, std::move(*added));
    } else {
      to.insert_or_assign(key, std::move(node));
    }
  }
}

toml::table parse_override(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw Error(fmt::format("--set {}: accepted is table.key=value", text));
  }
  const std::string key = text.substr(0, equals);
  const std::string value = text.substr(equals + 1);
  const std::string name = "--set " + text;
  try {
    return toml::parse(key + " = " + value, name);
  } catch (const toml::parse_error&) {
    // Not TOML by itself: a bare token is meant as a string, so that the shell's quotes are not needed.
  }
  try {
    std::ostringstream quoted;
    quoted << key << " = " << toml::value<std::string>(value);
    return toml::parse(quoted.str(), name);
  } catch (const toml::parse_error& error) {
    throw Error(fmt::format("{}: {}; accepted is table.key=value", name, error.description()));
  }
}

toml::table parse_text(const std::string& text, const std::string& name) {
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    throw Error(
        fmt::format("{}:{}:{}: {}", name, error.source().begin.line, error.source().begin.column, error.description()));
  }
}

void insert_value(toml::table& to, const std::string& key, const ParameterValue& value);

struct InsertValue {
  toml::table& to;
  const std::string& key;

  template <typename Value>
  void operator()(const Value& value) const {
    to.insert_or_assign(key, value);
  }
  template <typename Element>
  void operator()(const std::vector<Element>& values) const {
    toml::array array;
    for (const Element& value : values) array.push_back(value);
    to.insert_or_assign(key, std::move(array));
  }
  void operator()(const std::vector<ParameterTable>& tables) const {
    toml::array array;
    for (const ParameterTable& table : tables) {
      toml::table inner;
      for (const auto& [name, entry] : table.entries) insert_value(inner, name, entry.value);
      array.push_back(std::move(inner));
    }
    to.insert_or_assign(key, std::move(array));
  }
};

void insert_value(toml::table& to, const std::string& key, const ParameterValue& value) {
  if (const std::size_t dot = key.find('.'); dot != std::string::npos) {
    const std::string outer = key.substr(0, dot);
    if (to.get(outer) == nullptr) to.insert(outer, toml::table{});
    if (toml::table* inner = to.get(outer)->as_table()) insert_value(*inner, key.substr(dot + 1), value);
    return;
  }
  std::visit(InsertValue{to, key}, value);
}

}  // namespace

TomlDocument parse_toml(const std::string& text, const std::string& name, const std::vector<std::string>& overrides) {
  toml::table root = parse_text(text, name);
  for (const std::string& override_text : overrides) merge(root, parse_override(override_text));

  TomlDocument document;
  document.name = name;
  document.values.where = name;
  for (const auto& [key, node] : root) {
    const std::string name_of_value(key.str());
    if (const toml::table* table = node.as_table()) {
      document.tables[name_of_value] = flatten(*table, name_of_value, name);
    } else {
      document.values.entries[name_of_value] = entry_of(node, name_of_value, name);
    }
  }
  return document;
}

TomlDocument read_toml(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    throw Error(fmt::format("{}: this is a folder; accepted is a TOML file", file.string()));
  }
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (error) throw Error(fmt::format("{}: cannot be read: {}", file.string(), error.message()));
  if (size > largest_file) throw Error(fmt::format("{}: too large for an experiment file", file.string()));
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) throw Error(fmt::format("{}: cannot be read", file.string()));
  return parse_toml(text.str(), file.string(), overrides);
}

ParameterTable sub_table(const ParameterTable& table, const std::string& name) {
  ParameterTable inner;
  inner.where = table.where;
  inner.prefix = table.prefix.empty() ? name : table.prefix + "." + name;
  for (const auto& [key, entry] : table.entries) {
    if (!key.starts_with(name + ".")) continue;
    if (inner.entries.empty()) inner.where = entry.where;
    inner.entries[key.substr(name.size() + 1)] = entry;
  }
  return inner;
}

ParameterTable without_sub_table(const ParameterTable& table, const std::string& name) {
  ParameterTable rest = table;
  std::erase_if(rest.entries, [&name](const auto& entry) { return entry.first.starts_with(name + "."); });
  return rest;
}

ParameterTable merged(const ParameterTable& base, const ParameterTable& more) {
  ParameterTable all = base;
  for (auto& [key, entry] : all.entries) entry.inherited = true;
  for (const auto& [key, entry] : more.entries) all.entries[key] = entry;
  return all;
}

std::string format_toml(const TomlDocument& document) {
  toml::table root;
  for (const auto& [key, entry] : document.values.entries) insert_value(root, key, entry.value);
  for (const auto& [name, table] : document.tables) {
    toml::table inner;
    for (const auto& [key, entry] : table.entries) insert_value(inner, key, entry.value);
    root.insert_or_assign(name, std::move(inner));
  }
  std::ostringstream text;
  text << toml::toml_formatter(root, toml::format_flags::indent_array_elements) << "\n";
  return text.str();
}

ParameterTable to_table(const Parameters& parameters) {
  ParameterTable table;
  table.prefix = parameters.table().prefix;
  for (const auto& [name, value] : parameters.values()) table.set(name, value);
  return table;
}

}  // namespace matseq
