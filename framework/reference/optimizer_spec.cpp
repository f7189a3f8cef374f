#include "reference/optimizer_spec.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "matseq/error.h"
#include "matseq/nearest_name.h"
#include "matseq/printable.h"

namespace matseq {
namespace {

enum class ValueType : std::uint8_t { real, integer, boolean };
using Keys = std::map<std::string, ValueType>;

/// The plugins that specs can name and the parameters that a spec can give them.
const std::map<std::string, Keys>& optimizers() {
  using enum ValueType;
  static const Keys adam = {{"beta1", real}, {"beta2", real}, {"eps", real}, {"weight_decay", real}};
  static const Keys muon = [] {
    Keys keys = adam;
    keys.insert({{"momentum", real}, {"nesterov", boolean}});
    return keys;
  }();
  static const std::map<std::string, Keys> all = {
      {"adadelta", {{"rho", real}, {"eps", real}, {"weight_decay", real}}},
      {"adagrad", {{"lr_decay", real}, {"initial_accumulator_value", real}, {"eps", real}, {"weight_decay", real}}},
      {"adam", adam},
      {"adamax", adam},
      {"adamw", adam},
      {"asgd", {{"lambd", real}, {"alpha", real}, {"t0", real}, {"weight_decay", real}}},
      {"muon", muon},
      {"rmsprop", {{"alpha", real}, {"eps", real}, {"weight_decay", real}, {"momentum", real}, {"centered", boolean}}},
      {"rprop", {{"weight_decay", real}}},
      {"sgd", {{"momentum", real}, {"dampening", real}, {"weight_decay", real}, {"nesterov", boolean}}},
  };
  return all;
}

const std::map<std::string, Keys>& schedules() {
  using enum ValueType;
  static const Keys warmup = {{"warmup_updates", integer}, {"warmup_init_lr", real}};
  static const auto warmup_and = [](const Keys& more) {
    Keys keys = warmup;
    keys.insert(more.begin(), more.end());
    return keys;
  };
  static const Keys cosine = warmup_and(
      {{"min_lr", real}, {"init_period", real}, {"period_mult", real}, {"lr_shrink", real}, {"lr_shrink_min", real}});
  static const std::map<std::string, Keys> all = {
      {"constant", {}},   {"warmup", warmup},        {"inverse_sqrt", warmup_and({{"exp_factor", real}})},
      {"cosine", cosine}, {"smooth_cosine", cosine},
  };
  return all;
}

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

/// The parts between commas, without the blanks around them.
std::vector<std::string> comma_separated(const std::string& spec) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (true) {
    const std::size_t comma = spec.find(',', begin);
    parts.push_back(trimmed(spec.substr(begin, comma - begin)));
    if (comma == std::string::npos) return parts;
    begin = comma + 1;
  }
}

std::optional<double> number(const std::string& text) {
  const bool plus = text.starts_with('+') && !text.starts_with("+-");  // from_chars reads no plus sign
  const char* begin = text.data() + (plus ? 1 : 0);
  const char* end = text.data() + text.size();
  double value = 0;
  const auto [rest, error] = std::from_chars(begin, end, value);
  if (error != std::errc() || rest != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<ParameterValue> integer(const std::string& text) {
  const std::optional<double> value = number(text);
  constexpr double exactly_held = 9007199254740992;  // 2^53: up to here every integer is a double
  if (!value || std::trunc(*value) != *value || std::abs(*value) > exactly_held) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

std::optional<ParameterValue> boolean(const std::string& text) {
  if (text == "true" || text == "True" || text == "1") return true;
  if (text == "false" || text == "False" || text == "0") return false;
  return std::nullopt;
}

/// Reads one spec; holds what its error messages need.
class Reader {
 public:
  Reader(const std::string& spec, const std::string& where) : spec_(spec), where_(where) {
    result_.optimizer_table.where = result_.schedule_table.where = where;
    result_.optimizer_table.prefix = "optimizer";
    result_.schedule_table.prefix = "schedule";
  }

  OptimizerSpec read() {
    const std::vector<std::string> parts = comma_separated(spec_);
    read_name(parts.front());
    for (std::size_t i = 1; i < parts.size(); ++i) read_assignment(parts[i]);
    // The default of the reference's class, which the plugin's own, that of its default spec, differs from.
    if (result_.optimizer == "adam" && !result_.optimizer_table.entries.contains("learning_rate")) {
      result_.optimizer_table.set("learning_rate", 1e-3);
    }
    return std::move(result_);
  }

 private:
  [[noreturn]] void fail(const std::string& complaint) const {
    throw Error(fmt::format("{}: optimizer spec '{}': {}", where_, printable(spec_), complaint));
  }

  void read_name(const std::string& name) {
    std::vector<std::string> accepted;
    for (const auto& [optimizer, optimizer_keys] : optimizers()) {
      for (const auto& [schedule, schedule_keys] : schedules()) {
        const std::string full = schedule == "constant" ? optimizer : optimizer + "_" + schedule;
        accepted.push_back(full);
        if (full != name) continue;
        result_.optimizer = optimizer;
        result_.schedule = schedule;
        return;
      }
    }
    const std::string hint = nearest_name(name, accepted);
    fail(fmt::format("unknown name '{}'{} Accepted: {}, each alone or followed by {}", name, hint.empty() ? "." : hint,
                     quoted_list(names(optimizers())),
                     quoted_list({"_warmup", "_inverse_sqrt", "_cosine", "_smooth_cosine"})));
  }

  void read_assignment(const std::string& part) {
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos) fail(fmt::format("'{}' is no key=value", part));
    const std::string key = trimmed(part.substr(0, equals));
    const std::string text = trimmed(part.substr(equals + 1));
    const Keys& optimizer_keys = optimizers().at(result_.optimizer);
    const Keys& schedule_keys = schedules().at(result_.schedule);
    if (key == "lr") {
      assign(result_.optimizer_table, "learning_rate", key, ValueType::real, text);
    } else if (optimizer_keys.contains(key)) {
      assign(result_.optimizer_table, key, key, optimizer_keys.at(key), text);
    } else if (schedule_keys.contains(key)) {
      assign(result_.schedule_table, key, key, schedule_keys.at(key), text);
    } else {
      refuse(key);
    }
  }

  void assign(ParameterTable& table, const std::string& name, const std::string& key, ValueType type,
              const std::string& text) const {
    if (table.entries.contains(name)) fail(fmt::format("'{}' is given twice", key));
    std::optional<ParameterValue> value;
    const char* expected = nullptr;
    switch (type) {
      case ValueType::real:
        expected = "a number";
        if (const std::optional<double> real = number(text)) value = *real;
        break;
      case ValueType::integer:
        expected = "an integer";
        value = integer(text);
        break;
      case ValueType::boolean:
        expected = "true or false";
        value = boolean(text);
        break;
    }
    if (!value) fail(fmt::format("'{}' must be {}, found '{}'", key, expected, text));
    table.set(name, std::move(*value));
  }

  [[noreturn]] void refuse(const std::string& key) const {
    std::vector<std::string> accepted = {"lr"};
    for (const Keys* keys : {&optimizers().at(result_.optimizer), &schedules().at(result_.schedule)}) {
      for (const auto& [name, type] : *keys) accepted.push_back(name);
    }
    const std::string hint = nearest_name(key, accepted);
    fail(fmt::format("unknown key '{}'{} Accepted: {}", key, hint.empty() ? "." : hint, quoted_list(accepted)));
  }

  static std::vector<std::string> names(const std::map<std::string, Keys>& plugins) {
    std::vector<std::string> all;
    for (const auto& [name, keys] : plugins) all.push_back(name);
    return all;
  }

  const std::string& spec_;
  const std::string& where_;
  OptimizerSpec result_;
};

}  // namespace

OptimizerSpec parse_optimizer_spec(const std::string& spec, const std::string& where) {
  return Reader(spec, where).read();
}

const Shorthands& reference_shorthands() {
  static const Shorthands all = {{"optimizer", [](const std::string& text, const std::string& where) {
                                    OptimizerSpec spec = parse_optimizer_spec(text, where);
                                    spec.optimizer_table.set("plugin", spec.optimizer);
                                    spec.schedule_table.set("plugin", spec.schedule);
                                    return std::map<std::string, ParameterTable>{
                                        {"optimizer", std::move(spec.optimizer_table)},
                                        {"schedule", std::move(spec.schedule_table)}};
                                  }}};
  return all;
}

}  // namespace matseq
