/// \file
/// A TOML file with overrides, as tables that know where each value stands.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "matseq/parameter.h"
#include "matseq/parameters.h"

namespace matseq {

/// The top level of an experiment file: its tables, and its plain values.
struct TomlDocument {
  std::string name;                              ///< how messages call it: the file's path
  std::map<std::string, ParameterTable> tables;  ///< `[task]` and so on, nested keys dotted
  ParameterTable values;                         ///< keys outside any table
};

/// Top-level keys whose values may be strings that stand for whole tables: by key, what makes the tables of such a
/// string and its place ("file:line").
using Shorthands =
    std::map<std::string,
             std::function<std::map<std::string, ParameterTable>(const std::string& text, const std::string& where)>>;

/// Parses TOML text; `overrides` are "table.key=value", whose value is TOML or else taken as a string, applied in
/// order, also to what shorthands became. Throws Error with file, line and column.
TomlDocument parse_toml(const std::string& text, const std::string& name, const std::vector<std::string>& overrides,
                        const Shorthands& shorthands = {});

/// Reads and parses a file; throws Error when it cannot be read or is larger than 16 MiB.
TomlDocument read_toml(const std::filesystem::path& file, const std::vector<std::string>& overrides,
                       const Shorthands& shorthands = {});

/// True for a value that an override gave.
bool is_override(const ParameterTable::Entry& entry);

/// What a relative path that `key` gives is relative to: `folder`, the file's, or the working directory for an
/// override.
std::filesystem::path base_of(const ParameterTable& table, const std::string& key, const std::filesystem::path& folder);

/// The keys of `table` that begin with `name.`, without that beginning.
ParameterTable sub_table(const ParameterTable& table, const std::string& name);
/// The keys of `table` that do not begin with `name.`.
ParameterTable without_sub_table(const ParameterTable& table, const std::string& name);
/// `base` with the entries of `more` added or replaced; what it has of `base` is marked as inherited.
ParameterTable merged(const ParameterTable& base, const ParameterTable& more);

/// Writes tables as a TOML file: what parse_toml reads back to the same values, doubles included.
std::string format_toml(const TomlDocument& document);

/// Checked parameters as a table to write, with every default.
ParameterTable to_table(const Parameters& parameters);

}  // namespace matseq
