#include "matseq/parameter.h"

#include <algorithm>
#include <utility>

#include "matseq/error.h"

namespace matseq {
namespace {

Parameter make(std::string name, ParameterType type, std::optional<ParameterValue> value, std::string doc) {
  Parameter parameter;
  parameter.name = std::move(name);
  parameter.type = type;
  parameter.default_value = std::move(value);
  parameter.doc = std::move(doc);
  return parameter;
}

/// Up to here every integer is a double, and a sum of two of them no overflow.
constexpr double largest_integer = 9007199254740992;

Parameter within_integers(const Parameter& parameter) {
  return parameter.at_least(-largest_integer).at_most(largest_integer);
}

}  // namespace

Parameter::Parameter() = default;
Parameter::Parameter(const Parameter&) = default;
Parameter::Parameter(Parameter&&) noexcept = default;
Parameter& Parameter::operator=(const Parameter&) = default;
Parameter& Parameter::operator=(Parameter&&) noexcept = default;
Parameter::~Parameter() = default;

Parameter Parameter::boolean(std::string name, bool value, std::string doc) {
  return make(std::move(name), ParameterType::boolean, value, std::move(doc));
}
Parameter Parameter::integer(std::string name, std::int64_t value, std::string doc) {
  return within_integers(make(std::move(name), ParameterType::integer, value, std::move(doc)));
}
Parameter Parameter::real(std::string name, double value, std::string doc) {
  return make(std::move(name), ParameterType::real, value, std::move(doc));
}
Parameter Parameter::text(std::string name, std::string value, std::string doc) {
  return make(std::move(name), ParameterType::text, std::move(value), std::move(doc));
}
Parameter Parameter::integers(std::string name, std::vector<std::int64_t> value, std::string doc) {
  return within_integers(make(std::move(name), ParameterType::integers, std::move(value), std::move(doc)));
}
Parameter Parameter::reals(std::string name, std::vector<double> value, std::string doc) {
  return make(std::move(name), ParameterType::reals, std::move(value), std::move(doc));
}
Parameter Parameter::texts(std::string name, std::vector<std::string> value, std::string doc) {
  return make(std::move(name), ParameterType::texts, std::move(value), std::move(doc));
}
Parameter Parameter::tables(std::string name, std::string doc) {
  return make(std::move(name), ParameterType::tables, std::nullopt, std::move(doc));
}

Parameter Parameter::at_least(double value) const {
  Parameter refined = *this;
  refined.minimum = value;
  return refined;
}
Parameter Parameter::at_most(double value) const {
  Parameter refined = *this;
  refined.maximum = value;
  return refined;
}
Parameter Parameter::one_of(std::vector<std::string> values) const {
  Parameter refined = *this;
  refined.choices = std::move(values);
  return refined;
}
Parameter Parameter::optional() const {
  Parameter refined = *this;
  refined.default_value.reset();
  return refined;
}

Parameter& parameter_named(ParameterSchema& schema, const std::string& name) {
  const auto found = std::ranges::find(schema, name, &Parameter::name);
  if (found == schema.end()) throw Error("the schema has no parameter '" + name + "'");
  return *found;
}

}  // namespace matseq
