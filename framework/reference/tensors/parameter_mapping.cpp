#include "reference/tensors/parameter_mapping.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "matseq/error.h"
#include "tokens/encoding_spec.h"

namespace matseq {

namespace {

using Json = nlohmann::ordered_json;
using Flag = ReferenceFlag;

/// A value of `params` as the command line would have it.
std::string to_text(const std::string& name, const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number_integer()) return std::to_string(value.get<std::int64_t>());
  if (value.is_number()) return fmt::format("{}", value.get<double>());
  if (value.is_array()) {
    std::vector<std::string> parts;
    for (const Json& item : value) {
      if (item.is_structured()) throw Error(fmt::format("params: '{}' is a list of lists", name));
      parts.push_back(to_text(name, item));
    }
    return fmt::format("{}", fmt::join(parts, ","));
  }
  throw Error(fmt::format("params: '{}' is a dict; accepted is a plain value", name));
}

/// Reads values of a resolved experiment.
class Values {
 public:
  explicit Values(const TomlDocument& experiment) : experiment_(experiment) {}

  const ParameterTable& table(const std::string& name) const {
    static const ParameterTable empty;
    const auto found = experiment_.tables.find(name);
    return found == experiment_.tables.end() ? empty : found->second;
  }

  const ParameterValue* find(const std::string& table_name, const std::string& key) const {
    const ParameterTable& entries = table(table_name);
    const auto found = entries.entries.find(key);
    return found == entries.entries.end() ? nullptr : &found->second.value;
  }

  template <typename Value>
  Value get(const std::string& table_name, const std::string& key, Value otherwise) const {
    const ParameterValue* found = find(table_name, key);
    const Value* value = found == nullptr ? nullptr : std::get_if<Value>(found);
    return value == nullptr ? otherwise : *value;
  }

  std::string text(const std::string& table_name, const std::string& key) const {
    return get<std::string>(table_name, key, "");
  }

 private:
  const TomlDocument& experiment_;
};

/// Plain values only; a list is joined by commas.
Json to_json(const ParameterValue& value) {
  if (const auto* boolean = std::get_if<bool>(&value)) return *boolean;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&value))
    return fmt::format("{}", fmt::join(*integers, ","));
  if (const auto* reals = std::get_if<std::vector<double>>(&value)) return fmt::format("{}", fmt::join(*reals, ","));
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value))
    return fmt::format("{}", fmt::join(*texts, ","));
  return nullptr;
}

/// The reference's value when nothing is said, of the flag's type.
Json fallback(const Flag& flag) {
  if (flag.fallback.empty()) return flag.type == Flag::Type::boolean ? Json(false) : Json("");
  switch (flag.type) {
    case Flag::Type::boolean:
      return flag.fallback == "true";
    case Flag::Type::integer:
      return std::stoll(flag.fallback);
    case Flag::Type::real:
      return std::stod(flag.fallback);
    case Flag::Type::text:
      break;
  }
  return flag.fallback;
}

/// "float,2,1000", from a preset, a spec or a table.
std::string encoding_spec(const Values& values, const std::string& side) {
  const ParameterTable own = sub_table(values.table("encoding"), side);
  const EncodingSpec spec =
      own.entries.empty() ? parse_encoding(values.text("encoding", side), "encoding." + side) : parse_encoding(own);
  struct Family {
    const char* plugin;
    const char* name;
    std::vector<std::pair<const char*, std::int64_t>> parameters;  ///< with the plugins' defaults
  };
  static const std::array<Family, 3> families = {{
      {"positional", "float", {{"precision", 2}, {"base", 1000}}},
      {"float_symbol", "floatsymbol", {{"precision", 2}}},
      {"floating_point", "FP15", {{"precision", 2}, {"exponents", 16}}},
  }};
  const auto found = std::ranges::find_if(families, [&](const Family& family) { return spec.plugin == family.plugin; });
  if (found == families.end()) {
    throw Error(fmt::format("the reference has no encoding like '{}', so this run cannot be exported", spec.plugin));
  }
  std::string text = found->name;
  for (const auto& [parameter, assumed] : found->parameters) {
    const auto entry = spec.table.entries.find(parameter);
    const auto* number = entry == spec.table.entries.end() ? nullptr : std::get_if<std::int64_t>(&entry->second.value);
    text += fmt::format(",{}", number == nullptr ? assumed : *number);
  }
  return text;
}

/// "adam_cosine,lr=0.0001,warmup_updates=10000".
std::string optimizer_spec(const Values& values) {
  std::string spec = values.text("optimizer", "plugin");
  const std::string schedule = values.text("schedule", "plugin");
  if (!schedule.empty() && schedule != "constant") spec += "_" + schedule;
  for (const char* table : {"optimizer", "schedule"}) {
    for (const auto& [key, entry] : values.table(table).entries) {
      const bool number = entry.value.index() <= 2;  // bool, integer or real
      if (!number) continue;
      const Json value = to_json(entry.value);
      spec += fmt::format(",{}={}", key == "learning_rate" ? "lr" : key, to_text(key, value));
    }
  }
  return spec;
}

std::string additional_distributions(const Values& values) {
  std::vector<std::string> sets;
  bool several = false;
  for (const ParameterTable& set : values.get<std::vector<ParameterTable>>("evaluation", "sets", {})) {
    const auto found = set.entries.find("task.eigen_distribution");
    if (found == set.entries.end()) continue;
    sets.push_back(to_text("additional_test_distributions", to_json(found->second.value)));
    several = several || sets.back().find(',') != std::string::npos;
  }
  return fmt::format("{}", fmt::join(sets, several ? ";" : ",")) + (several && sets.size() == 1 ? ";" : "");
}

/// "valid_numeric_acc" for "valid.accuracy"; none where the reference has no such metric.
std::optional<std::string> reference_metric(const Values& values, const std::string& name) {
  constexpr std::array<std::pair<const char*, const char*>, 5> names = {{{"valid.accuracy", "acc"},
                                                                         {"valid.perfect", "perfect"},
                                                                         {"valid.correct", "correct"},
                                                                         {"valid.right_coefficients", "acc_nb"},
                                                                         {"valid.cross_entropy", "xe_loss"}}};
  const std::string sign = name.starts_with('_') ? "_" : "";
  const bool beam = values.get<bool>("evaluation", "beam_search", false) ||
                    values.get<std::int64_t>("evaluation", "beam_size", 1) > 1;
  for (const auto& [ours, theirs] : names) {
    if (name.substr(sign.size()) != ours) continue;
    const std::string measure = theirs;
    return sign + "valid_numeric_" + (beam && measure.starts_with("acc") ? "beam_" : "") + measure;
  }
  return std::nullopt;
}

std::string stopping_criterion(const Values& values) {
  const std::string ours = values.text("training", "stopping_criterion");
  const std::size_t comma = ours.find(',');
  const auto metric = reference_metric(values, ours.substr(0, comma));
  return metric && comma != std::string::npos ? *metric + ours.substr(comma) : "";
}

std::string validation_metrics(const Values& values) {
  std::vector<std::string> metrics;
  for (const std::string& ours : values.get<std::vector<std::string>>("training", "validation_metrics", {})) {
    if (const auto metric = reference_metric(values, ours)) metrics.push_back(*metric);
  }
  return fmt::format("{}", fmt::join(metrics, ","));
}

/// The settings that are written in another way.
Json rewritten(const Values& values, const Flag& flag) {
  const auto tolerances = values.get<std::vector<double>>("evaluation", "tolerances", {});
  const std::string precision = values.text("training", "precision");
  const bool beam = values.get<bool>("evaluation", "beam_search", false);
  if (flag.name == "cpu") return values.text("training", "device") == "cpu";
  if (flag.name == "fp16") return precision == "float16";
  if (flag.name == "amp") return precision == "float16" ? 1 : -1;
  if (flag.name == "optimizer") return optimizer_spec(values);
  if (flag.name == "stopping_criterion") return stopping_criterion(values);
  if (flag.name == "validation_metrics") return validation_metrics(values);
  if (flag.name == "additional_test_distributions") return additional_distributions(values);
  if (flag.name == "float_tolerance") return tolerances.empty() ? fallback(flag) : Json(tolerances.front());
  if (flag.name == "more_tolerance") {
    return tolerances.empty() ? Json("")
                              : Json(fmt::format("{}", fmt::join(tolerances.begin() + 1, tolerances.end(), ",")));
  }
  if (flag.name == "beam_eval") return beam || values.get<std::int64_t>("evaluation", "beam_size", 1) > 1;
  if (flag.name == "eval_distrib") return "";
  if (flag.name == "eigen_test_distribution") {
    const ParameterValue* testing = values.find("evaluation", flag.key);
    const ParameterValue* training = values.find("task", "eigen_distribution");
    const ParameterValue* distribution = testing != nullptr ? testing : training;
    return distribution == nullptr ? fallback(flag) : to_json(*distribution);
  }
  const ParameterValue* found = values.find(flag.table, flag.key);
  return found == nullptr ? fallback(flag) : to_json(*found);
}

Json reference_value(const Values& values, const Flag& flag) {
  if (flag.name == "input_encoding") return encoding_spec(values, "input");
  if (flag.name == "output_encoding") return encoding_spec(values, "output");
  if (flag.use == Flag::Use::none) return fallback(flag);
  if (flag.use == Flag::Use::rewritten) return rewritten(values, flag);
  const ParameterValue* found = values.find(flag.table, flag.key);
  return found == nullptr ? fallback(flag) : to_json(*found);
}

/// A cotraining of tables: the letters of its components, which the reference must have.
std::string cotraining_letters(const Values& values, const std::string& otherwise) {
  const auto components = values.get<std::vector<ParameterTable>>("task", "components", {});
  if (components.empty()) return otherwise;
  throw Error(
      "this run's cotraining has components of its own, which the reference cannot have; only one with "
      "`cotraining_tasks` can be exported");
}

}  // namespace

ReferenceConversion experiment_from_params(const nlohmann::ordered_json& params) {
  if (!params.is_object()) throw Error("params: it is not a dict of settings");
  ReferenceSettings settings;
  for (const Flag& flag : reference_flags()) {
    const auto found = params.find(flag.name);
    if (found != params.end()) settings.emplace_back(flag.name, to_text(flag.name, *found));
  }
  return convert_reference_settings(settings);
}

nlohmann::ordered_json params_from_experiment(const TomlDocument& experiment, std::int64_t tokens) {
  const Values values(experiment);
  const std::vector<std::string> known = reference_operations();
  const std::string operation = values.text("task", "plugin");
  if (std::ranges::find(known, operation) == known.end()) {
    throw Error(fmt::format("the reference has no task '{}', so this run cannot be exported", operation));
  }
  Json params = Json::object();
  for (const Flag& flag : reference_flags()) params[flag.name] = reference_value(values, flag);
  params["cotraining_tasks"] = cotraining_letters(values, params["cotraining_tasks"].get<std::string>());
  // Not settings, yet the reference keeps them among its own; spec section 3 has the two ids.
  params["env_name"] = "numeric";
  params["n_words"] = tokens;
  params["eos_index"] = 0;
  params["pad_index"] = 1;
  return params;
}

}  // namespace matseq
