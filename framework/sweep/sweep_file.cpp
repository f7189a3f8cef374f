#include "sweep/sweep_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <utility>

#include "configuration/framework_settings.h"
#include "configuration/toml_text.h"
#include "files/file_descriptor.h"
#include "matseq/error.h"
#include "matseq/nearest_name.h"
#include "matseq/printable.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t largest_file = std::uint64_t{16} << 20U;
constexpr std::int64_t most_seeds = 10000;
constexpr std::int64_t most_jobs = 4096;
constexpr std::int64_t most_draws = 100000;
constexpr std::size_t longest_name = 100;
constexpr double most_exact_integer = 9007199254740992;  // 2^53: doubles hold the ends of a range

const std::vector<std::string> top_level_keys = {"base",        "seeds", "jobs",   "metric", "grid",
                                                 "plugin_path", "runs",  "random", "slurm"};

/// Options of sbatch that a sweep sets itself.
const std::vector<std::string> own_slurm_options = {"array",    "chdir", "output", "error",
                                                    "parsable", "wrap",  "wait",   "open-mode"};

/// The tables, keys and values of one sweep file.
class Reader {
 public:
  explicit Reader(const fs::path& file) : file_(file), name_(printable(file.string())) { sweep_.path = file; }

  SweepFile read(std::string_view text) {
    const toml::table root = parse(text);
    for (const auto& [key, node] : root) top_level(std::string(key.str()), node);
    if (sweep_.base.empty()) {
      throw Error(fmt::format("{}: 'base' is missing: the experiment file that the runs begin from", name_));
    }
    check_keys();
    return std::move(sweep_);
  }

 private:
  using Leaf = std::function<bool(const std::string& key, const toml::node& node)>;

  toml::table parse(std::string_view text) const {
    check_nesting(text, name_);
    try {
      return toml::parse(text, name_);
    } catch (const toml::parse_error& error) {
      throw Error(fmt::format("{}:{}:{}: {}", name_, error.source().begin.line, error.source().begin.column,
                              printable(error.description())));
    }
  }

  std::string place(const toml::node& node) const {
    const auto line = node.source().begin.line;
    return line == 0 ? name_ : fmt::format("{}:{}", name_, line);
  }

  [[noreturn]] void refuse(const toml::node& node, const std::string& reason) const {
    throw Error(fmt::format("{}: {}", place(node), reason));
  }

  fs::path beside(const std::string& path) const {
    return (fs::absolute(file_).parent_path() / path).lexically_normal();
  }

  void top_level(const std::string& key, const toml::node& node) {
    if (key == "base") {
      const std::string base = text_of(key, node);
      if (base.empty()) refuse(node, "'base' is empty; accepted is the path of an experiment file");
      sweep_.base = (file_.parent_path() / base).lexically_normal();
    } else if (key == "metric") {
      sweep_.metric = text_of(key, node);
    } else if (key == "seeds") {
      sweep_.seeds = count_of(key, node, most_seeds);
      sweep_.seeds_where = place(node);
    } else if (key == "jobs") {
      sweep_.jobs = count_of(key, node, most_jobs);
    } else if (key == "plugin_path") {
      read_plugin_path(node);
    } else if (key == "grid") {
      read_grid(table_of(key, node));
    } else if (key == "runs") {
      read_entries(node);
    } else if (key == "random") {
      read_random(table_of(key, node));
    } else if (key == "slurm") {
      read_slurm(table_of(key, node));
    } else {
      const std::string hint = nearest_name(key, top_level_keys);
      refuse(node, fmt::format("unknown key '{}'{} Known: {}. What varies stands in [grid], [[runs]] or [random]",
                               printable(key), hint.empty() ? "." : hint, quoted_list(top_level_keys)));
    }
  }

  std::string text_of(const std::string& key, const toml::node& node) const {
    const auto text = node.value_exact<std::string>();
    if (!text) refuse(node, fmt::format("'{}' must be a string", key));
    return *text;
  }

  std::int64_t count_of(const std::string& key, const toml::node& node, std::int64_t most) const {
    const auto count = node.value_exact<std::int64_t>();
    if (!count || *count < 1 || *count > most) {
      refuse(node, fmt::format("'{}' must be an integer from 1 to {}", key, most));
    }
    return *count;
  }

  const toml::table& table_of(const std::string& key, const toml::node& node) const {
    const toml::table* table = node.as_table();
    if (table == nullptr) refuse(node, fmt::format("'{}' must be a table, [{}]", key, key));
    return *table;
  }

  void read_plugin_path(const toml::node& node) {
    const toml::array* paths = node.as_array();
    if (paths == nullptr) refuse(node, "'plugin_path' must be a list of folders");
    for (const toml::node& path : *paths) sweep_.plugin_path.push_back(beside(text_of("plugin_path", path)).string());
  }

  /// Calls `leaf` for what stands in a table, by its dotted key, and looks into tables that it does not want.
  void walk(const toml::table& table, const std::string& prefix, const Leaf& leaf) const {
    for (const auto& [part, node] : table) {
      const std::string key = prefix + std::string(part.str());
      if (!is_setting_key(key)) {
        refuse(node, fmt::format("'{}' is no setting's name; accepted is one such as 'optimizer.learning_rate'",
                                 printable(key)));
      }
      if (leaf(key, node)) continue;
      if (const toml::table* inner = node.as_table()) walk(*inner, key + ".", leaf);
    }
  }

  static bool is_setting_key(const std::string& key) {
    const bool plain = std::ranges::all_of(key, [](char letter) {
      return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
             letter == '_' || letter == '-' || letter == '.';
    });
    return plain && !key.empty() && key.size() <= longest_name && key.front() != '.' && key.back() != '.' &&
           key.find("..") == std::string::npos;
  }

  void read_grid(const toml::table& table) {
    walk(table, "", [&](const std::string& key, const toml::node& node) {
      const toml::array* values = node.as_array();
      if (values == nullptr && node.is_table()) return false;
      if (values == nullptr || values->empty()) {
        refuse(node, fmt::format("'{}' in [grid] must be a list of the values that it takes, [1, 2]", key));
      }
      SweepAxis axis{key, {}, place(node)};
      for (const toml::node& value : *values) {
        axis.values.push_back(value_of(key, value));
        if (std::ranges::count(axis.values, axis.values.back()) > 1) {
          refuse(value, fmt::format("'{}' has the value {} twice", key, printable(toml_value(axis.values.back()))));
        }
      }
      sweep_.grid.push_back(std::move(axis));
      return true;
    });
    std::ranges::sort(sweep_.grid, {}, &SweepAxis::key);
  }

  void read_entries(const toml::node& node) {
    const toml::array* list = node.as_array();
    if (list == nullptr) refuse(node, "'runs' must be tables, [[runs]]");
    for (const toml::node& element : *list) {
      const toml::table* table = element.as_table();
      if (table == nullptr) refuse(element, "'runs' must be tables, [[runs]]");
      SweepEntry entry{"", {}, place(element)};
      walk(*table, "", [&](const std::string& key, const toml::node& value) {
        if (key == "name") {
          entry.name = run_name_of(value);
        } else if (const toml::table* inner = value.as_table(); inner != nullptr && !inner->is_inline()) {
          return false;
        } else {
          entry.settings.push_back({key, value_of(key, value), place(value)});
        }
        return true;
      });
      std::ranges::sort(entry.settings, {}, &SweepSetting::key);
      sweep_.entries.push_back(std::move(entry));
    }
  }

  std::string run_name_of(const toml::node& node) const {
    std::string name = text_of("name", node);
    const bool safe = std::ranges::all_of(name, [](char letter) {
      return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
             std::string_view("._+=,-").find(letter) != std::string_view::npos;
    });
    if (name.empty() || name.size() > longest_name || !safe || name.front() == '.' || name.front() == '-' ||
        name == "sweep.json" || name == "run.lock" || name.starts_with("slurm")) {
      refuse(node, fmt::format("'{}' cannot be a run's name, which is its folder's; accepted are letters, digits and "
                               "'._+=,-', at most {} of them, none of '.-', nor slurm, in front",
                               printable(name), longest_name));
    }
    return name;
  }

  /// They go into the lines of a script.
  void read_slurm(const toml::table& table) {
    for (const auto& [name, node] : table) {
      const std::string option(name.str());
      const bool plain = option.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
      if (!plain || option.empty() || option.front() == '-') {
        refuse(node, fmt::format("'{}' in [slurm] is no option of sbatch; accepted are long ones, without dashes in "
                                 "front, such as time",
                                 printable(option)));
      }
      if (std::ranges::count(own_slurm_options, option) > 0) {
        refuse(node, fmt::format("'{}' in [slurm] is set by matseq; accepted are all other options of sbatch", option));
      }
      if (const auto flag = node.value_exact<bool>()) {
        if (*flag) sweep_.slurm.push_back("--" + option);
      } else if (const auto number = node.value_exact<std::int64_t>()) {
        sweep_.slurm.push_back(fmt::format("--{}={}", option, *number));
      } else if (const auto text = node.value_exact<std::string>();
                 text && !text->empty() && text->find_first_of("\n\r\"\\") == std::string::npos) {
        sweep_.slurm.push_back(fmt::format("--{}=\"{}\"", option, *text));
      } else {
        refuse(node, fmt::format("'{}' in [slurm] must be true, an integer or a string of one line without quotes and "
                                 "backslashes",
                                 option));
      }
    }
  }

  void read_random(const toml::table& table) {
    walk(table, "", [&](const std::string& key, const toml::node& node) {
      if (key == "count") {
        sweep_.draws = count_of("count", node, most_draws);
      } else if (key == "seed") {
        const auto seed = node.value_exact<std::int64_t>();
        if (!seed || *seed < 0) refuse(node, "'seed' of [random] must be an integer, at least 0");
        sweep_.random_seed = static_cast<std::uint64_t>(*seed);
      } else {
        return read_distribution(key, node);
      }
      return true;
    });
    std::ranges::sort(sweep_.random, {}, &RandomSetting::key);
    if (sweep_.draws == 0) refuse(table, "'count' is missing in [random]: how many are drawn");
    if (sweep_.random.empty()) {
      refuse(table,
             "[random] has nothing to draw; accepted is, for instance, "
             "\"optimizer.learning_rate\" = { log_uniform = [1e-5, 1e-2] }");
    }
  }

  /// False for a table that only leads to others.
  bool read_distribution(const std::string& key, const toml::node& node) {
    static const std::vector<std::pair<std::string, RandomLaw>> all = {{"uniform", RandomLaw::uniform},
                                                                       {"log_uniform", RandomLaw::log_uniform},
                                                                       {"integer", RandomLaw::integer},
                                                                       {"choice", RandomLaw::choice}};
    const toml::table* table = node.as_table();
    if (table != nullptr && table->size() == 1) {
      for (const auto& [name, distribution] : all) {
        const toml::array* range = table->get_as<toml::array>(name);
        if (range == nullptr) continue;
        sweep_.random.push_back(random_setting(key, distribution, *range));
        return true;
      }
    }
    if (table != nullptr && !table->is_inline()) return false;
    refuse(node, fmt::format("'{}' in [random] must be {{ uniform = [LOW, HIGH] }}, {{ log_uniform = [LOW, HIGH] }}, "
                             "{{ integer = [LOW, HIGH] }} or {{ choice = [A, B, C] }}",
                             key));
  }

  RandomSetting random_setting(const std::string& key, RandomLaw distribution, const toml::array& range) const {
    RandomSetting setting{key, distribution, 0, 0, {}, place(range)};
    if (distribution == RandomLaw::choice) {
      for (const toml::node& value : range) setting.choices.push_back(value_of(key, value));
      if (range.empty()) refuse(range, fmt::format("'{}' has nothing to choose from", key));
      return setting;
    }
    const auto end = [&](std::size_t i) {
      return range.size() == 2 && range[i].is_number() ? range[i].value<double>() : std::nullopt;
    };
    setting.low = end(0).value_or(NAN);
    setting.high = end(1).value_or(NAN);
    const bool real = std::isfinite(setting.low) && std::isfinite(setting.high) && setting.low < setting.high;
    const bool integers = range.size() == 2 && range[0].is_integer() && range[1].is_integer() &&
                          std::max(std::abs(setting.low), std::abs(setting.high)) <= most_exact_integer;
    if (!real || (distribution == RandomLaw::integer && !integers)) {
      refuse(range, fmt::format("'{}' must be drawn from [LOW, HIGH], two {}numbers, the lower one first", key,
                                distribution == RandomLaw::integer ? "whole " : ""));
    }
    if (distribution == RandomLaw::log_uniform && setting.low <= 0) {
      refuse(range, fmt::format("'{}' is drawn by its logarithm; accepted are numbers above 0", key));
    }
    return setting;
  }

  /// Relative paths become absolute, so that a run means the same wherever the command is given.
  nlohmann::ordered_json value_of(const std::string& key, const toml::node& node) const {
    nlohmann::ordered_json value = json_of(key, node);
    const bool is_path = std::ranges::any_of(framework_settings(), [&key](const FrameworkSetting& setting) {
      return setting.path && setting.table + "." + setting.parameter.name == key;
    });
    if (!is_path || !value.is_string() || value.get<std::string>().empty()) return value;
    return beside(value.get<std::string>()).string();
  }

  nlohmann::ordered_json json_of(const std::string& key, const toml::node& node) const {
    if (const auto boolean = node.value_exact<bool>()) return *boolean;
    if (const auto integer = node.value_exact<std::int64_t>()) return *integer;
    if (const auto text = node.value_exact<std::string>()) return *text;
    if (const auto real = node.value_exact<double>(); real && std::isfinite(*real)) return *real;
    if (const toml::array* array = node.as_array()) {
      nlohmann::ordered_json list = nlohmann::ordered_json::array();
      for (const toml::node& element : *array) list.push_back(json_of(key, element));
      return list;
    }
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      refuse(node,
             fmt::format("'{}' is a date, a time or not finite; accepted are booleans, numbers, strings, lists and "
                         "tables",
                         key));
    }
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    for (const auto& [inner, element] : *table) object[std::string(inner.str())] = json_of(key, element);
    return object;
  }

  /// A setting may stand in one place only, since nothing says which one counts.
  void check_keys() const {
    std::vector<std::pair<std::string, std::string>> keys;  // with their places
    const auto add = [&keys](const std::string& key, const std::string& where) {
      for (const auto& [other, place] : keys) {
        if (!keys_collide(key, other)) continue;
        throw Error(
            fmt::format("{}: '{}' is set here and, as '{}', at {}; accepted is one place", where, key, other, place));
      }
      keys.emplace_back(key, where);
    };
    if (sweep_.seeds) add("data.seed", sweep_.seeds_where);
    for (const SweepAxis& axis : sweep_.grid) add(axis.key, axis.where);
    for (const RandomSetting& setting : sweep_.random) add(setting.key, setting.where);
    const std::size_t of_all = keys.size();
    for (const SweepEntry& entry : sweep_.entries) {
      keys.resize(of_all);
      for (const SweepSetting& setting : entry.settings) add(setting.key, setting.where);
    }
  }

  fs::path file_;
  std::string name_;
  SweepFile sweep_;
};

}  // namespace

SweepFile parse_sweep_file(std::string_view text, const fs::path& file) { return Reader(file).read(text); }

SweepFile read_sweep_file(const fs::path& file) {
  if (fs::is_directory(file)) {
    throw Error(fmt::format("{}: this is a folder; accepted is a sweep's TOML file, or --status for a sweep's folder",
                            printable(file.string())));
  }
  const FileDescriptor descriptor(file, O_RDONLY);
  if (descriptor.size() > largest_file) {
    throw Error(fmt::format("{}: too large for a sweep file", printable(file.string())));
  }
  return parse_sweep_file(descriptor.content(), file);
}

}  // namespace matseq
