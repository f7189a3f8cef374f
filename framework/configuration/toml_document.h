/// \file
/// A TOML file with overrides, as tables that know where each value stands.
#pragma once

#include <filesystem>
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

/// Parses TOML text; `overrides` are "table.key=value", whose value is TOML or else taken as a string, applied in
/// order. Throws Error with file, line and column.
TomlDocument parse_toml(const std::string& text, const std::string& name, const std::vector<std::string>& overrides);

/// Reads and parses a file; throws Error when it cannot be read or is larger than 16 MiB.
TomlDocument read_toml(const std::filesystem::path& file, const std::vector<std::string>& overrides);

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
