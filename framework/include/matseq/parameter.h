/// \file
/// The typed schema of a plugin's parameters: what its TOML table may hold.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "matseq/export.h"

namespace matseq {

class ParameterTable;

/// Any value that a TOML table can give to a parameter.
using ParameterValue = std::variant<bool, std::int64_t, double, std::string, std::vector<std::int64_t>,
                                    std::vector<double>, std::vector<std::string>, std::vector<ParameterTable>>;

enum class ParameterType : std::uint8_t {
  boolean,
  integer,
  real,  ///< accepts a TOML integer too
  text,
  integers,
  reals,
  texts,
  tables,  ///< an array of tables, each a plugin with its own parameters
};

/// One parameter: its name in the TOML table, type, default, what is accepted, one line of documentation.
///
/// A dotted name ("encoder.layers") stands for a key of a nested table. Made by the functions named after
/// the types, then refined:
/// `Parameter::integer("sweeps", 3, "number of sweeps").at_least(1)`.
struct MATSEQ_API Parameter {
  std::string name;
  ParameterType type = ParameterType::boolean;
  std::optional<ParameterValue> default_value;  ///< none: unset unless the user gives it
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices;  ///< of a text, or of each element of texts; empty: anything
  std::string doc;                   ///< one line

  // Written out, so that they are compiled once and not in every plugin.
  Parameter();
  Parameter(const Parameter&);
  Parameter(Parameter&&) noexcept;
  Parameter& operator=(const Parameter&);
  Parameter& operator=(Parameter&&) noexcept;
  ~Parameter();

  static Parameter boolean(std::string name, bool value, std::string doc);
  static Parameter integer(std::string name, std::int64_t value, std::string doc);
  static Parameter real(std::string name, double value, std::string doc);
  static Parameter text(std::string name, std::string value, std::string doc);
  static Parameter integers(std::string name, std::vector<std::int64_t> value, std::string doc);
  static Parameter reals(std::string name, std::vector<double> value, std::string doc);
  static Parameter texts(std::string name, std::vector<std::string> value, std::string doc);
  static Parameter tables(std::string name, std::string doc);

  /// Smallest accepted value (of each element, for lists).
  Parameter at_least(double value) const;
  /// Largest accepted value (of each element, for lists).
  Parameter at_most(double value) const;
  /// The only accepted texts.
  Parameter one_of(std::vector<std::string> values) const;
  /// No default: `Parameters::has` is false unless the user sets it.
  Parameter optional() const;
};

/// A TOML table as the user wrote it, before it is checked against a schema. Keys of nested tables are dotted.
class MATSEQ_API ParameterTable {
 public:
  struct Entry {
    ParameterValue value;
    std::string where;  ///< "file:line" or "--set", for error messages
    /// True where a test set's table has it from the training task's: the user gave it, but perhaps not for this task.
    bool inherited = false;
  };

  std::map<std::string, Entry> entries;
  std::string where;   ///< where the table stands, for error messages
  std::string prefix;  ///< the table's own dotted name ("task"), for error messages

  void set(const std::string& name, ParameterValue value) { entries[name] = Entry{std::move(value), where, false}; }
};

using ParameterSchema = std::vector<Parameter>;

/// The schema's parameter of this name, for one who wants another default than a shared schema has. Throws Error when
/// there is none.
MATSEQ_API Parameter& parameter_named(ParameterSchema& schema, const std::string& name);

}  // namespace matseq
