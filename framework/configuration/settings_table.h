/// \file
/// The settings of a table of the framework itself, each said once: its name, its documentation, the values it may
/// have, the member of a struct that holds it, and whether a continued run may change it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "configuration/toml_document.h"
#include "matseq/parameters.h"

namespace matseq {

/// One setting, bound to a member of `Settings`, whose initial value is the default:
/// `Setting("batch_size", &TrainingConfiguration::batch_size, "examples a batch").from(1, 4096)`.
template <typename Settings>
class Setting {
 public:
  template <typename Value>
  Setting(const char* name, Value Settings::*member, const char* doc)
      : parameter_(parameter_of(name, Settings{}.*member, doc)), member_(member) {}

  /// A setting that its reader takes from the checked parameters itself.
  explicit Setting(Parameter parameter) : parameter_(std::move(parameter)) {}

  /// Accepted values, of each element for lists.
  Setting from(double least, double most) const { return with(parameter_.at_least(least).at_most(most)); }
  Setting at_least(double least) const { return with(parameter_.at_least(least)); }
  Setting one_of(std::vector<std::string> values) const { return with(parameter_.one_of(std::move(values))); }
  /// A file's path, relative to the experiment's folder or, from the command line, to the working directory.
  Setting path() const {
    Setting refined = *this;
    refined.is_path_ = true;
    return refined;
  }
  /// It does not change what has been learned so far: a run may be continued with another value.
  Setting changeable() const {
    Setting refined = *this;
    refined.is_changeable_ = true;
    return refined;
  }

  const Parameter& parameter() const { return parameter_; }
  bool is_path() const { return is_path_; }
  bool is_changeable() const { return is_changeable_; }

  void read(const Parameters& checked, const std::filesystem::path& folder, Settings& settings) const {
    const std::string& name = parameter_.name;
    if (auto* member = std::get_if<bool Settings::*>(&member_)) settings.*(*member) = checked.boolean(name);
    if (auto* member = std::get_if<Integer>(&member_)) settings.*(*member) = checked.integer(name);
    if (auto* member = std::get_if<Natural>(&member_)) {
      settings.*(*member) = static_cast<std::uint64_t>(checked.integer(name));
    }
    if (auto* member = std::get_if<double Settings::*>(&member_)) settings.*(*member) = checked.real(name);
    if (auto* member = std::get_if<Reals>(&member_)) settings.*(*member) = checked.reals(name);
    if (auto* member = std::get_if<Texts>(&member_)) settings.*(*member) = checked.texts(name);
    if (auto* member = std::get_if<std::string Settings::*>(&member_)) {
      const std::string& text = checked.text(name);
      const auto base = [&] { return base_of(checked.table(), name, folder); };
      settings.*(*member) = is_path_ && !text.empty() ? (base() / text).lexically_normal().string() : text;
    }
  }

  /// The value to write; none when no member holds it.
  std::optional<ParameterValue> value(const Settings& settings) const { return std::visit(ValueOf{settings}, member_); }

 private:
  using Integer = std::int64_t Settings::*;
  using Natural = std::uint64_t Settings::*;
  using Reals = std::vector<double> Settings::*;
  using Texts = std::vector<std::string> Settings::*;

  struct ValueOf {
    const Settings& settings;

    std::optional<ParameterValue> operator()(std::monostate) const { return std::nullopt; }
    std::optional<ParameterValue> operator()(Natural member) const {
      return static_cast<std::int64_t>(settings.*member);
    }
    template <typename Value>
    std::optional<ParameterValue> operator()(Value Settings::*member) const {
      return settings.*member;
    }
  };

  static Parameter parameter_of(const char* name, bool value, const char* doc) {
    return Parameter::boolean(name, value, doc);
  }
  static Parameter parameter_of(const char* name, std::int64_t value, const char* doc) {
    return Parameter::integer(name, value, doc);
  }
  static Parameter parameter_of(const char* name, std::uint64_t value, const char* doc) {
    return Parameter::integer(name, static_cast<std::int64_t>(value), doc);
  }
  static Parameter parameter_of(const char* name, double value, const char* doc) {
    return Parameter::real(name, value, doc);
  }
  static Parameter parameter_of(const char* name, const std::string& value, const char* doc) {
    return Parameter::text(name, value, doc);
  }
  static Parameter parameter_of(const char* name, const std::vector<double>& value, const char* doc) {
    return Parameter::reals(name, value, doc);
  }
  static Parameter parameter_of(const char* name, const std::vector<std::string>& value, const char* doc) {
    return Parameter::texts(name, value, doc);
  }

  Setting with(const Parameter& parameter) const {
    Setting refined = *this;
    refined.parameter_ = parameter;
    return refined;
  }

  Parameter parameter_;
  std::variant<std::monostate, bool Settings::*, Integer, Natural, double Settings::*, std::string Settings::*, Reals,
               Texts>
      member_;
  bool is_path_ = false;
  bool is_changeable_ = false;
};

/// A table's settings, and what follows from them: its schema, the struct that a TOML table becomes, and back.
template <typename Settings>
class SettingsTable {
 public:
  explicit SettingsTable(std::vector<Setting<Settings>> settings) : settings_(std::move(settings)) {
    for (const Setting<Settings>& setting : settings_) schema_.push_back(setting.parameter());
  }

  const std::vector<Setting<Settings>>& settings() const { return settings_; }
  const ParameterSchema& schema() const { return schema_; }

  /// Relative paths are against `folder`.
  Settings read(const Parameters& checked, const std::filesystem::path& folder) const {
    Settings settings;
    for (const Setting<Settings>& setting : settings_) setting.read(checked, folder, settings);
    return settings;
  }

  /// Every setting that a member holds.
  ParameterTable written(const Settings& settings) const {
    ParameterTable table;
    for (const Setting<Settings>& setting : settings_) {
      if (std::optional<ParameterValue> value = setting.value(settings)) {
        table.set(setting.parameter().name, std::move(*value));
      }
    }
    return table;
  }

 private:
  std::vector<Setting<Settings>> settings_;
  ParameterSchema schema_;
};

}  // namespace matseq
