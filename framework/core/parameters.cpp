#include "matseq/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "matseq/error.h"
#include "matseq/nearest_name.h"
#include "matseq/printable.h"
#include "matseq/refuse_parameter.h"

namespace matseq {
namespace {

const char* type_name(ParameterType type) {
  switch (type) {
    case ParameterType::boolean:
      return "true or false";
    case ParameterType::integer:
      return "an integer";
    case ParameterType::real:
      return "a number";
    case ParameterType::text:
      return "a string";
    case ParameterType::integers:
      return "a list of integers";
    case ParameterType::reals:
      return "a list of numbers";
    case ParameterType::texts:
      return "a list of strings";
    case ParameterType::tables:
      return "an array of tables";
  }
  return "?";
}

/// What the user wrote, for messages.
struct FoundName {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return fmt::format("{}", value); }
  std::string operator()(double value) const {
    const std::string text = fmt::format("{}", value);
    // 16.0 is not 16 in TOML.
    return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
  }
  std::string operator()(const std::string& value) const { return fmt::format("\"{}\"", printable(value)); }
  std::string operator()(const std::vector<ParameterTable>& tables) const {
    return tables.empty() ? "an empty list" : "a list of tables";
  }
  template <typename Element>
  std::string operator()(const std::vector<Element>& values) const {
    constexpr std::size_t most = 8;
    if (values.empty()) return "an empty list";
    std::string text;
    for (const Element& value : values) {
      if (&value - values.data() == most) return "the list [" + text + ", ...]";
      text += (text.empty() ? "" : ", ") + (*this)(value);
    }
    return "the list [" + text + "]";
  }
};

/// The value as the schema's type, where TOML's type allows it: an integer is a real too, an empty list is any list.
std::optional<ParameterValue> convert(const ParameterValue& value, ParameterType type) {
  switch (type) {
    case ParameterType::real:
      if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
      break;
    case ParameterType::reals:
      if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&value)) {
        return std::vector<double>(integers->begin(), integers->end());
      }
      break;
    case ParameterType::texts:
      if (const auto* text = std::get_if<std::string>(&value)) return std::vector<std::string>{*text};
      if (const auto* empty = std::get_if<std::vector<std::int64_t>>(&value); empty && empty->empty()) {
        return std::vector<std::string>{};
      }
      break;
    case ParameterType::tables:
      if (const auto* empty = std::get_if<std::vector<std::int64_t>>(&value); empty && empty->empty()) {
        return std::vector<ParameterTable>{};
      }
      break;
    default:
      break;
  }
  // The alternatives of ParameterValue stand in the order of ParameterType.
  if (value.index() == static_cast<std::size_t>(type)) return value;
  return std::nullopt;
}

std::string bounds_text(const Parameter& parameter) {
  if (std::isinf(parameter.minimum)) return fmt::format("at most {}", parameter.maximum);
  if (std::isinf(parameter.maximum)) return fmt::format("at least {}", parameter.minimum);
  return fmt::format("from {} to {}", parameter.minimum, parameter.maximum);
}

/// Why the value is not accepted; empty when it is.
struct Complaint {
  const Parameter& parameter;

  template <typename Number>
  std::string number(Number value) const {
    const auto real = static_cast<double>(value);
    if (!std::isfinite(real)) return fmt::format("{} is not accepted: it must be finite", value);
    if (real >= parameter.minimum && real <= parameter.maximum) return "";
    return fmt::format("{} is out of range, accepted is {}", value, bounds_text(parameter));
  }
  std::string operator()(bool) const { return ""; }
  std::string operator()(std::int64_t value) const { return number(value); }
  std::string operator()(double value) const { return number(value); }
  std::string operator()(const std::string& value) const {
    if (parameter.choices.empty() || std::ranges::count(parameter.choices, value) > 0) return "";
    return fmt::format(
        "'{}' is not accepted{} Accepted: {}", printable(value),
        [&] {
          const std::string hint = nearest_name(value, parameter.choices);
          return hint.empty() ? std::string(".") : hint;
        }(),
        quoted_list(parameter.choices));
  }
  std::string operator()(const std::vector<ParameterTable>&) const { return ""; }
  template <typename Element>
  std::string operator()(const std::vector<Element>& values) const {
    for (const Element& value : values) {
      if (std::string complaint = (*this)(value); !complaint.empty()) return complaint;
    }
    return "";
  }
};

std::string dotted(const ParameterTable& table, const std::string& key) {
  return printable(table.prefix.empty() ? key : table.prefix + "." + key);
}

const Parameter* find(const ParameterSchema& schema, const std::string& name) {
  const auto found = std::ranges::find(schema, name, &Parameter::name);
  return found == schema.end() ? nullptr : &*found;
}

/// The keys of a nested table `key` that the schema has.
std::vector<std::string> keys_within(const ParameterSchema& schema, const std::string& key) {
  std::vector<std::string> inner;
  for (const Parameter& parameter : schema) {
    if (parameter.name.starts_with(key + ".")) inner.push_back(parameter.name.substr(key.size() + 1));
  }
  return inner;
}

[[noreturn]] void refuse_type(const ParameterTable& table, const ParameterTable::Entry& entry, const std::string& key,
                              const std::string& accepted, const std::string& found) {
  throw Error(fmt::format("{}: '{}' must be {}, found {}", entry.where, dotted(table, key), accepted, found));
}

[[noreturn]] void refuse_key(const ParameterSchema& schema, const ParameterTable& table, const std::string& key,
                             const std::string& owner) {
  const ParameterTable::Entry& entry = table.entries.at(key);
  const Parameter* outer = find(schema, key.substr(0, key.find('.')));
  if (outer != nullptr && outer->name != key) refuse_type(table, entry, outer->name, type_name(outer->type), "a table");
  if (const std::vector<std::string> inner = keys_within(schema, key); !inner.empty()) {
    refuse_type(table, entry, key, "a table with the keys " + quoted_list(inner), std::visit(FoundName{}, entry.value));
  }
  // The table of a plugin, which is called "task 'eigenvalues'", has the plugin's name besides.
  std::vector<std::string> names;
  if (owner.ends_with('\'')) names.emplace_back("plugin");
  for (const Parameter& known : schema) names.push_back(known.name);
  const std::string hint = nearest_name(key, names);
  throw Error(fmt::format("{}: unknown key '{}' for {}{}{}", entry.where, dotted(table, key), owner,
                          hint.empty() ? "." : hint,
                          names.empty() ? " It has no parameters." : " Known keys: " + quoted_list(names)));
}

}  // namespace

Parameters Parameters::check(const ParameterSchema& schema, const ParameterTable& table, const std::string& owner) {
  Parameters checked;
  checked.table_ = table;
  checked.owner_ = owner;
  for (const Parameter& parameter : schema) {
    if (parameter.default_value) checked.values_[parameter.name] = *parameter.default_value;
  }
  for (const auto& [key, entry] : table.entries) {
    const Parameter* parameter = find(schema, key);
    if (parameter == nullptr) refuse_key(schema, table, key, owner);
    std::optional<ParameterValue> value = convert(entry.value, parameter->type);
    if (!value) {
      refuse_type(table, entry, key, type_name(parameter->type), std::visit(FoundName{}, entry.value));
    }
    if (const std::string complaint = std::visit(Complaint{*parameter}, *value); !complaint.empty()) {
      throw Error(fmt::format("{}: '{}': {}", entry.where, dotted(table, key), complaint));
    }
    checked.values_[key] = std::move(*value);
  }
  return checked;
}

void refuse_parameter(const Parameters& parameters, const std::string& name, const std::string& reason) {
  const ParameterTable& table = parameters.table();
  const auto entry = table.entries.find(name);
  const std::string& where = entry == table.entries.end() ? table.where : entry->second.where;
  throw Error(fmt::format("{}{}'{}': {}", where, where.empty() ? "" : ": ", dotted(table, name), reason));
}

bool Parameters::given(const std::string& name) const { return table_.entries.contains(name); }

template <typename Value>
const Value& Parameters::get(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) {
    throw Error(fmt::format("{} asked for its parameter '{}', which is unset or not in its schema", owner_, name));
  }
  const Value* value = std::get_if<Value>(&found->second);
  if (value == nullptr) {
    throw Error(fmt::format("{} asked for its parameter '{}' by another type than its schema says", owner_, name));
  }
  return *value;
}

bool Parameters::boolean(const std::string& name) const { return get<bool>(name); }
std::int64_t Parameters::integer(const std::string& name) const { return get<std::int64_t>(name); }
double Parameters::real(const std::string& name) const { return get<double>(name); }
const std::string& Parameters::text(const std::string& name) const { return get<std::string>(name); }
const std::vector<std::int64_t>& Parameters::integers(const std::string& name) const {
  return get<std::vector<std::int64_t>>(name);
}
const std::vector<double>& Parameters::reals(const std::string& name) const { return get<std::vector<double>>(name); }
const std::vector<std::string>& Parameters::texts(const std::string& name) const {
  return get<std::vector<std::string>>(name);
}
const std::vector<ParameterTable>& Parameters::tables(const std::string& name) const {
  return get<std::vector<ParameterTable>>(name);
}

}  // namespace matseq
