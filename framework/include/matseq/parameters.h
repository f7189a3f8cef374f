/// \file
/// A plugin's parameters after they were checked against its schema.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "matseq/export.h"
#include "matseq/parameter.h"

namespace matseq {

/// Typed, complete and in range: every parameter of the schema that has a default or was set.
/// Asking for a name or type that the schema does not have is a mistake of the plugin and throws Error.
class MATSEQ_API Parameters {
 public:
  Parameters() = default;

  /// Checks `table` against `schema`. Throws Error that names place and key, says what was found and what
  /// is accepted, and suggests the nearest name for an unknown key. `owner` is how messages call the
  /// plugin: "task 'eigenvalues'".
  static Parameters check(const ParameterSchema& schema, const ParameterTable& table, const std::string& owner);

  /// False for an optional parameter that the user left out.
  bool has(const std::string& name) const { return values_.contains(name); }
  /// True when the user gave it, false when it is the default.
  bool given(const std::string& name) const;

  bool boolean(const std::string& name) const;
  std::int64_t integer(const std::string& name) const;
  double real(const std::string& name) const;
  const std::string& text(const std::string& name) const;
  const std::vector<std::int64_t>& integers(const std::string& name) const;
  const std::vector<double>& reals(const std::string& name) const;
  const std::vector<std::string>& texts(const std::string& name) const;
  const std::vector<ParameterTable>& tables(const std::string& name) const;

  /// Every value by name, defaults included: what the resolved configuration writes down.
  const std::map<std::string, ParameterValue>& values() const { return values_; }
  /// The table that was checked: only what the user gave, with the places.
  const ParameterTable& table() const { return table_; }

 private:
  template <typename Value>
  const Value& get(const std::string& name) const;

  std::map<std::string, ParameterValue> values_;
  ParameterTable table_;
  std::string owner_;
};

}  // namespace matseq
