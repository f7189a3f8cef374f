#include "configuration/toml_document.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <fstream>
#include <set>
#include <sstream>
#include <utility>

#include "configuration/toml_text.h"
#include "matseq/error.h"
#include "matseq/printable.h"

namespace matseq {
namespace {

constexpr std::uintmax_t largest_file = 16U << 20U;
constexpr const char* override_place = "--set ";  // and what follows it
constexpr int deepest_table = 16;
constexpr std::size_t longest_key = 256;
constexpr std::size_t longest_text = 4096;
constexpr std::size_t longest_list = 10000;

std::string place(const toml::node& node, const std::string& name) {
  const toml::source_region& region = node.source();
  std::string file = region.path ? *region.path : name;
  if (file.starts_with(override_place) || region.begin.line == 0) return file;
  return fmt::format("{}:{}", file, region.begin.line);
}

ParameterTable flatten(const toml::table& table, const std::string& prefix, const std::string& name);

ParameterValue array_value(const toml::array& array, const std::string& key, const std::string& name) {
  std::vector<std::int64_t> integers;
  std::vector<double> reals;
  std::vector<std::string> texts;
  std::vector<ParameterTable> tables;
  if (array.size() > longest_list) {
    throw Error(
        fmt::format("{}: '{}' has {} elements; accepted are {}", place(array, name), key, array.size(), longest_list));
  }
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
  throw Error(fmt::format("{}: '{}' must be a list of numbers, of strings or of tables, not {}", place(array, name),
                          key, array.is_homogeneous() ? "of anything else" : "a mixture"));
}

/// A name or value of the file that is too long to be meant, and would make every message as long.
void check_length(std::size_t length, std::size_t longest, const char* what, const std::string& where) {
  if (length <= longest) return;
  throw Error(fmt::format("{}: {} of {} characters; accepted are {}", where, what, length, longest));
}

/// A value that is no table.
ParameterTable::Entry entry_of(const toml::node& node, const std::string& key, const std::string& name) {
  ParameterTable::Entry entry;
  entry.where = place(node, name);
  if (const toml::array* array = node.as_array()) {
    entry.value = array_value(*array, printable(key), name);
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
                            entry.where, printable(key)));
  }
  if (const auto* text = std::get_if<std::string>(&entry.value)) {
    check_length(text->size(), longest_text, "a string", entry.where);
  } else if (const auto* texts = std::get_if<std::vector<std::string>>(&entry.value)) {
    for (const std::string& element : *texts) check_length(element.size(), longest_text, "a string", entry.where);
  }
  return entry;
}

void flatten_into(ParameterTable& to, const toml::table& from, const std::string& inner, const std::string& name,
                  int depth) {
  if (depth > deepest_table) {
    throw Error(fmt::format("{}: '{}' is nested too deeply", place(from, name), printable(to.prefix)));
  }
  for (const auto& [toml_key, node] : from) {
    check_length(toml_key.str().size(), longest_key, "a key", place(node, name));
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

/// What the parser says, and what it does not: a string goes on to the end of its line where its quote is missing.
std::string description_of(const toml::parse_error& error) {
  const std::string text = printable(error.description());
  return text.find("unescaped control characters") == std::string::npos ? text : text + "; is a closing quote missing?";
}

toml::table parse_text(const std::string& text, const std::string& name) {
  check_nesting(text, name);
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    throw Error(fmt::format("{}:{}:{}: {}", name, error.source().begin.line, error.source().begin.column,
                            description_of(error)));
  }
}

TomlDocument document_of(const toml::table& root, const std::string& name) {
  TomlDocument document;
  document.name = name;
  document.values.where = name;
  for (const auto& [key, node] : root) {
    const std::string name_of_value(key.str());
    check_length(name_of_value.size(), longest_key, "a key", place(node, name));
    if (const toml::table* table = node.as_table()) {
      document.tables[name_of_value] = flatten(*table, name_of_value, name);
    } else {
      document.values.entries[name_of_value] = entry_of(node, name_of_value, name);
    }
  }
  return document;
}

/// "table.key=value" as a document of its own.
TomlDocument parse_override(const std::string& text) {
  const std::string name = override_place + printable(text);
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw Error(fmt::format("{}: accepted is table.key=value", name));
  }
  const std::string key = text.substr(0, equals);
  const std::string value = text.substr(equals + 1);
  check_nesting(text, name);
  try {
    return document_of(toml::parse(key + " = " + value, name), name);
  } catch (const toml::parse_error&) {
    // Not TOML by itself: a bare word is meant as a string, so that the shell's quotes are not needed.
  }
  try {
    return document_of(toml::parse(key + " = " + toml_text(value), name), name);
  } catch (const toml::parse_error& error) {
    throw Error(fmt::format("{}: {}; accepted is table.key=value", name, printable(error.description())));
  }
}

/// True for "encoder" and "encoder.width", in any order: one cannot be a value while the other is there.
bool exclude_each_other(const std::string& first, const std::string& second) {
  return first.starts_with(second + ".") || second.starts_with(first + ".");
}

/// Puts the entries of `from` into `to`, in place of what they exclude.
void put(ParameterTable& to, const ParameterTable& from) {
  for (const auto& [key, entry] : from.entries) {
    std::erase_if(to.entries, [&added = key](const auto& old) { return exclude_each_other(old.first, added); });
    to.entries[key] = entry;
  }
}

/// Applies strings that stand for tables, and overrides, to a document.
class Assembly {
 public:
  Assembly(TomlDocument document, const Shorthands& shorthands)
      : document_(std::move(document)), shorthands_(shorthands) {
    expand(document_.values);
  }

  void apply(TomlDocument change) {
    expand(change.values);
    for (const auto& [key, entry] : change.values.entries) {
      document_.tables.erase(key);
      document_.values.entries[key] = entry;
    }
    for (auto& [name, table] : change.tables) {
      document_.values.entries.erase(name);
      const auto [existing, is_new] = document_.tables.try_emplace(name, table);
      if (!is_new) put(existing->second, table);
    }
  }

  TomlDocument take() { return std::move(document_); }

 private:
  /// Takes the shorthands out of `values` and puts what they stand for into the document.
  void expand(ParameterTable& values) {
    for (const auto& [key, tables_of] : shorthands_) {
      const auto entry = values.entries.find(key);
      if (entry == values.entries.end()) continue;
      const auto* text = std::get_if<std::string>(&entry->second.value);
      if (text == nullptr) continue;
      for (auto& [name, table] : tables_of(*text, entry->second.where)) {
        if (name != key && document_.tables.contains(name) && !expanded_.contains(name)) {
          throw Error(fmt::format("{}: '{}' as a string stands for the table [{}], too, which is given besides, at {}",
                                  entry->second.where, key, name, document_.tables.at(name).where));
        }
        document_.tables[name] = table;
        expanded_.insert(name);
      }
      values.entries.erase(entry);
    }
  }

  TomlDocument document_;
  const Shorthands& shorthands_;
  std::set<std::string> expanded_;  // tables that come from shorthands
};

}  // namespace

TomlDocument parse_toml(const std::string& text, const std::string& name, const std::vector<std::string>& overrides,
                        const Shorthands& shorthands) {
  Assembly assembly(document_of(parse_text(text, name), name), shorthands);
  for (const std::string& override_text : overrides) assembly.apply(parse_override(override_text));
  return assembly.take();
}

TomlDocument read_toml(const std::filesystem::path& file, const std::vector<std::string>& overrides,
                       const Shorthands& shorthands) {
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
  return parse_toml(text.str(), printable(file.string(), longest_text), overrides, shorthands);
}

bool is_override(const ParameterTable::Entry& entry) { return entry.where.starts_with(override_place); }

std::filesystem::path base_of(const ParameterTable& table, const std::string& key,
                              const std::filesystem::path& folder) {
  const auto entry = table.entries.find(key);
  return entry != table.entries.end() && is_override(entry->second) ? std::filesystem::current_path() : folder;
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
  std::string text;
  const auto write = [&text](const ParameterTable& table) {
    for (const auto& [key, entry] : table.entries) {
      text += fmt::format("{} = {}\n", toml_key(key), toml_text(entry.value));
    }
  };
  write(document.values);
  for (const auto& [name, table] : document.tables) {
    text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", toml_key(name));
    write(table);
  }
  return text;
}

ParameterTable to_table(const Parameters& parameters) {
  ParameterTable table;
  table.prefix = parameters.table().prefix;
  for (const auto& [name, value] : parameters.values()) table.set(name, value);
  return table;
}

}  // namespace matseq
