#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "configuration/framework_settings.h"
#include "matseq/error.h"
#include "matseq/nearest_name.h"
#include "matseq/printable.h"
#include "reference/optimizer_spec.h"
#include "reference/reference_flags.h"

namespace matseq {

namespace {

using Flag = ReferenceFlag;

constexpr const char* command_line_name = "the reference's settings";

// Which of the task's parameters a task has (spec section 1).
constexpr std::array rectangular_tasks = {"transpose",      "matrix_sum",     "matrix_vector",
                                          "matrix_product", "singularvalues", "singularvectors"};
constexpr std::array symmetric_tasks = {"eigenvalues", "eigenvectors", "syminverse"};
constexpr std::array inversion_tasks = {"invert_matrix", "syminverse"};
constexpr std::array rectangular_parameters = {"force_dim", "first_dimension", "second_dimension", "rectangular"};
constexpr const char* cotraining = "cotraining";

template <typename Names>
bool is_among(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

/// The reference's names of the components that cotraining's letters stand for.
const char* task_of_letter(char letter) {
  constexpr std::array<std::pair<char, const char*>, 7> letters = {{{'T', "transpose"},
                                                                    {'A', "matrix_sum"},
                                                                    {'D', "matrix_vector"},
                                                                    {'M', "matrix_product"},
                                                                    {'E', "eigenvalues"},
                                                                    {'F', "eigenvectors"},
                                                                    {'I', "invert_matrix"}}};
  const auto found = std::ranges::find(letters, letter, &std::pair<char, const char*>::first);
  return found == letters.end() ? "" : found->second;
}

/// Parts between separators, without blanks around them and without empty ones.
std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::string part;
  for (const char letter : text + separator) {
    if (letter != separator) {
      part += letter;
      continue;
    }
    const std::size_t begin = part.find_first_not_of(" \t");
    if (begin != std::string::npos) parts.push_back(part.substr(begin, part.find_last_not_of(" \t") + 1 - begin));
    part.clear();
  }
  return parts;
}

/// The tokens of a command line, with a shell's quotes.
std::vector<std::string> tokens_of(const std::string& command_line) {
  std::vector<std::string> tokens;
  std::string token;
  bool inside = false;
  char quote = 0;
  for (std::size_t place = 0; place < command_line.size(); ++place) {
    const char letter = command_line[place];
    if (quote != 0) {
      if (letter == quote) {
        quote = 0;
      } else {
        token += letter;
      }
    } else if (letter == '"' || letter == '\'') {
      quote = letter;
      inside = true;
    } else if (letter == '\\' && place + 1 < command_line.size()) {
      const char next = command_line[++place];
      if (next != '\n') token += next;
      inside = inside || next != '\n';
    } else if (letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r') {
      if (inside) tokens.push_back(std::exchange(token, ""));
      inside = false;
    } else {
      token += letter;
      inside = true;
    }
  }
  if (quote != 0) throw Error(fmt::format("the flags have an opening {} without a closing one", quote));
  if (inside) tokens.push_back(token);
  return tokens;
}

const Flag* find_flag(const std::string& name) {
  const auto found = std::ranges::find(reference_flags(), name, &Flag::name);
  return found == reference_flags().end() ? nullptr : &*found;
}

void require_known(const std::string& name) {
  if (find_flag(name) != nullptr) return;
  std::vector<std::string> names;
  for (const Flag& flag : reference_flags()) names.push_back(flag.name);
  throw Error(fmt::format("the reference has no setting '--{}'{}", printable(name), nearest_name(name, names)));
}

std::optional<bool> to_boolean(const std::string& text) {
  std::string lower = text;
  std::ranges::transform(lower, lower.begin(),
                         [](char letter) { return letter >= 'A' && letter <= 'Z' ? letter + 32 : letter; });
  for (const char* yes : {"true", "on", "1"}) {
    if (lower == yes) return true;
  }
  for (const char* no : {"false", "off", "0"}) {
    if (lower == no) return false;
  }
  return std::nullopt;
}

std::optional<double> to_real(const std::string& text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc() || rest != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

std::optional<std::int64_t> to_integer(const std::string& text) {
  std::int64_t exact = 0;
  const char* end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, exact);
  if (failure == std::errc() && rest == end) return exact;
  // Some settings are integers in every use and yet written "10.0".
  const std::optional<double> real = to_real(text);
  constexpr double largest = 1e15;
  if (!real || std::trunc(*real) != *real || std::abs(*real) > largest) return std::nullopt;
  return static_cast<std::int64_t>(*real);
}

/// Turns settings into tables. Settings that belong together are looked up when the first of them is written.
class Converter {
 public:
  explicit Converter(const ReferenceSettings& settings) {
    for (const auto& [name, value] : settings) {
      require_known(name);
      if (!settings_.insert_or_assign(name, value).second) repeated_.insert(name);
    }
    result_.experiment.name = command_line_name;
    result_.experiment.values.where = command_line_name;
  }

  ReferenceConversion convert() {
    for (const std::string& name : repeated_) note(name, "given more than once; the last counts");
    convert_operation();
    for (const Flag& flag : reference_flags()) convert_plainly(flag);
    convert_eigenvalue_distributions();
    convert_optimizer();
    convert_training();
    convert_evaluation();
    return std::move(result_);
  }

 private:
  // Values.

  bool given(const std::string& name) const { return settings_.contains(name); }

  /// What was given, or the reference's own value.
  std::string text(const std::string& name) const {
    const auto found = settings_.find(name);
    return found == settings_.end() ? find_flag(name)->fallback : found->second;
  }

  [[noreturn]] void refuse(const std::string& name, const std::string& accepted) const {
    throw Error(fmt::format("'--{}' is '{}'; accepted is {}", name, printable(text(name)), accepted));
  }

  bool boolean(const std::string& name) const {
    const std::optional<bool> parsed = to_boolean(text(name));
    if (!parsed) refuse(name, "true or false");
    return *parsed;
  }
  std::int64_t integer(const std::string& name) const {
    const std::optional<std::int64_t> parsed = to_integer(text(name));
    if (!parsed) refuse(name, "an integer");
    return *parsed;
  }
  double real(const std::string& name) const {
    const std::optional<double> parsed = to_real(text(name));
    if (!parsed) refuse(name, "a number");
    return *parsed;
  }

  ParameterValue typed(const Flag& flag) const {
    switch (flag.type) {
      case Flag::Type::boolean:
        return boolean(flag.name);
      case Flag::Type::integer:
        return integer(flag.name);
      case Flag::Type::real:
        return real(flag.name);
      case Flag::Type::text:
        break;
    }
    return text(flag.name);
  }

  void set(const std::string& table, const std::string& key, ParameterValue value) {
    ParameterTable& tables = result_.experiment.tables[table];
    tables.where = command_line_name;
    tables.prefix = table;
    tables.set(key, std::move(value));
  }

  void note(const std::string& name, const std::string& reason) {
    result_.notes.push_back(fmt::format("{} = {}: {}", name, text(name), reason));
  }

  // Settings that mean the same here and there.

  void convert_plainly(const Flag& flag) {
    if (!given(flag.name)) return;
    switch (flag.use) {
      case Flag::Use::value:
        if (!text(flag.name).empty() || flag.type != Flag::Type::text) {
          set(flag.table, flag.key, accepted(flag, typed(flag)));
        }
        return;
      case Flag::Use::parameter:
        if (text(flag.name).empty()) return;
        if (task_has(flag.name)) {
          set(flag.table, flag.key, typed(flag));
        } else if (text(flag.name) != flag.fallback) {
          note(flag.name, fmt::format("the task '{}' has no such parameter", operation_));
        }
        return;
      case Flag::Use::none:
        if (says_something(flag)) note(flag.name, flag.remark);
        return;
      case Flag::Use::rewritten:
        return;
    }
  }

  /// The value, or the nearest one within the bounds of matseq's own setting.
  ParameterValue accepted(const Flag& flag, ParameterValue value) {
    const auto is_meant = [&flag](const FrameworkSetting& setting) {
      return setting.table == flag.table && setting.parameter.name == flag.key;
    };
    const auto setting = std::ranges::find_if(framework_settings(), is_meant);
    const auto* number = std::get_if<std::int64_t>(&value);
    if (setting == framework_settings().end() || number == nullptr) return value;
    const double nearest =
        std::clamp(static_cast<double>(*number), setting->parameter.minimum, setting->parameter.maximum);
    if (nearest == static_cast<double>(*number)) return value;
    note(flag.name, fmt::format("{} is the nearest value that is accepted", nearest));
    return static_cast<std::int64_t>(nearest);
  }

  /// Neither empty nor what the reference assumes anyway.
  bool says_something(const Flag& flag) const {
    const std::string value = text(flag.name);
    if (value.empty() || value == flag.fallback) return false;
    return flag.type != Flag::Type::boolean || boolean(flag.name);
  }

  // The task.

  void convert_operation() {
    if (text("operation").empty()) {
      throw Error(fmt::format("the settings name no task: '--operation' is missing; accepted are {}",
                              quoted_list(reference_operations())));
    }
    operation_ = text("operation");
    const std::vector<std::string>& known = reference_operations();
    if (!is_among(known, operation_)) {
      throw Error(fmt::format("'--operation' is '{}'{} Accepted: {}", printable(operation_),
                              nearest_name(operation_, known), quoted_list(known)));
    }
    set("task", "plugin", operation_);
    if (given("min_input_coeff") && integer("min_input_coeff") >= 0) {
      set("task", "min_input_coeff", integer("min_input_coeff"));
    }
  }

  bool task_has(const std::string& parameter) const {
    if (operation_ != cotraining) return task_has(operation_, parameter);
    if (parameter == "cotraining_tasks") return true;
    return std::ranges::any_of(text("cotraining_tasks"),
                               [&](char letter) { return task_has(task_of_letter(letter), parameter); });
  }

  static bool task_has(const std::string& task, const std::string& parameter) {
    if (parameter == "cotraining_tasks") return false;
    if (parameter == "classic_eval") return is_among(inversion_tasks, task);
    if (parameter == "eigen_distribution") return is_among(symmetric_tasks, task);
    if (is_among(rectangular_parameters, parameter)) return is_among(rectangular_tasks, task);
    return true;
  }

  void convert_eigenvalue_distributions() {
    if (!task_has("eigen_distribution")) return;
    const std::vector<std::string> training = split(text("eigen_distribution"), ',');
    const std::vector<std::string> testing =
        split(text("eval_distrib").empty() ? text("eigen_test_distribution") : text("eval_distrib"), ',');
    if (given("eigen_distribution")) set("task", "eigen_distribution", training);
    if (testing != training && !testing.empty()) set("evaluation", "task.eigen_distribution", testing);

    const std::string additional = text("additional_test_distributions");
    const bool several_each = additional.find(';') != std::string::npos;
    std::vector<ParameterTable> sets;
    std::set<std::string> set_names;
    for (const std::string& names : split(additional, several_each ? ';' : ',')) {
      ParameterTable set_table;
      set_table.where = command_line_name;
      const std::vector<std::string> distributions = split(names, ',');
      const std::string name = fmt::format("{}", fmt::join(distributions, "-"));
      if (!set_names.insert(name).second) continue;
      set_table.set("name", name);
      set_table.set("task.eigen_distribution", distributions);
      sets.push_back(std::move(set_table));
    }
    if (!sets.empty()) set("evaluation", "sets", std::move(sets));
  }

  // Training.

  void convert_optimizer() {
    if (!given("optimizer")) return;
    const OptimizerSpec spec = parse_optimizer_spec(text("optimizer"), "'--optimizer'");
    set("optimizer", "plugin", spec.optimizer);
    for (const auto& [key, entry] : spec.optimizer_table.entries) set("optimizer", key, entry.value);
    set("schedule", "plugin", spec.schedule);
    for (const auto& [key, entry] : spec.schedule_table.entries) set("schedule", key, entry.value);
  }

  void convert_training() {
    if (given("cpu") && boolean("cpu")) set("training", "device", std::string("cpu"));
    const bool half = boolean("fp16") || integer("amp") >= 1;
    if (half) set("training", "precision", std::string("float16"));
    if (given("env_base_seed") && integer("env_base_seed") >= 0) set("data", "seed", integer("env_base_seed"));
    convert_reload_data();
    convert_epoch_size();
    convert_stopping_criterion();
    std::vector<std::string> metrics;
    for (const std::string& name : split(text("validation_metrics"), ',')) {
      if (const auto metric = convert_metric(name)) {
        if (!is_among(metrics, *metric)) metrics.push_back(*metric);
      } else {
        note("validation_metrics", fmt::format("'{}' has no counterpart", name));
      }
    }
    if (!metrics.empty()) set("training", "validation_metrics", metrics);
  }

  /// An epoch of the reference has whole batches.
  void convert_epoch_size() {
    const std::int64_t batch = given("batch_size") ? integer("batch_size") : TrainingConfiguration().batch_size;
    if (!given("epoch_size") || integer("epoch_size") >= batch) return;
    set("training", "epoch_size", batch);
    note("epoch_size", fmt::format("an epoch is at least a batch of {}", batch));
  }

  void convert_reload_data() {
    std::vector<std::string> files = split(text("reload_data"), ',');
    constexpr std::size_t with_name = 3;
    if (files.size() >= with_name) files.erase(files.begin());
    if (files.empty()) return;
    set("data", "reload_data", files[0]);
    if (files.size() > 1 && text("eval_data").empty()) set("evaluation", "data", files[1]);
    if (files.size() > 2) note("reload_data", "only its training and validation files are used");
  }

  void convert_stopping_criterion() {
    const std::vector<std::string> parts = split(text("stopping_criterion"), ',');
    if (parts.empty()) return;
    const auto patience = parts.size() == 2 ? to_integer(parts[1]) : std::nullopt;
    if (!patience || *patience < 0) refuse("stopping_criterion", "METRIC,PATIENCE");
    if (const auto metric = convert_metric(parts[0])) {
      set("training", "stopping_criterion", fmt::format("{},{}", *metric, *patience));
    } else {
      note("stopping_criterion", "the metric has no counterpart; without a criterion, training ends at max_epoch");
    }
  }

  /// The name here of "_valid_numeric_xe_loss" and the like; a leading '_' stays.
  std::optional<std::string> convert_metric(const std::string& name) const {
    const std::string sign = name.starts_with('_') ? "_" : "";
    std::string rest = name.substr(sign.size());
    constexpr std::string_view set = "valid_numeric_";
    constexpr std::string_view beam = "beam_";
    if (!rest.starts_with(set)) return std::nullopt;
    rest.erase(0, set.size());
    if (rest.starts_with(beam)) rest.erase(0, beam.size());
    const auto measure = convert_measure(rest);
    if (!measure) return std::nullopt;
    return fmt::format("{}valid.{}", sign, *measure);
  }

  std::optional<std::string> convert_measure(const std::string& name) const {
    static const std::map<std::string, std::string> same_everywhere = {{"acc", "accuracy"},
                                                                       {"perfect", "perfect"},
                                                                       {"correct", "correct"},
                                                                       {"acc_nb", "right_coefficients"},
                                                                       {"xe_loss", "cross_entropy"}};
    if (const auto found = same_everywhere.find(name); found != same_everywhere.end()) return found->second;
    // `acc_d1` and `acc_d2` are the second and third norm, whatever they are called, in an order that depends on the
    // first.
    static const std::map<std::string, std::array<const char*, 2>> other_norms = {
        {"d1", {"d2", "max"}}, {"d2", {"d1", "max"}}, {"max", {"d1", "d2"}}};
    const std::string norm = text("eval_norm");
    const auto others = other_norms.find(norm);
    if (others == other_norms.end()) refuse("eval_norm", "d1, d2 or max");
    if (name == "acc_d1") return fmt::format("within.{}.{}", others->second[0], real("float_tolerance"));
    if (name == "acc_d2") return fmt::format("within.{}.{}", others->second[1], real("float_tolerance"));
    constexpr std::string_view additional = "additional_";
    const std::vector<double> more = tolerances();
    const auto index = name.starts_with(additional) ? to_integer(name.substr(additional.size())) : std::nullopt;
    if (!index || *index < 1 || static_cast<std::size_t>(*index) >= more.size()) return std::nullopt;
    return fmt::format("within.{}.{}", norm, more[static_cast<std::size_t>(*index)]);
  }

  // Evaluation.

  std::vector<double> tolerances() const {
    std::vector<double> all = {real("float_tolerance")};
    for (const std::string& more : split(text("more_tolerance"), ',')) {
      const std::optional<double> tolerance = to_real(more);
      if (!tolerance) refuse("more_tolerance", "numbers with commas between them");
      all.push_back(*tolerance);
    }
    return all;
  }

  void convert_evaluation_size() {
    if (!given("eval_size")) return;
    const ParameterTable& evaluation = result_.experiment.tables["evaluation"];
    if (integer("eval_size") > 0) {
      set("evaluation", "size", accepted(*find_flag("eval_size"), integer("eval_size")));
    } else if (evaluation.entries.contains("data") && !evaluation.entries.contains("sets")) {
      set("evaluation", "size", std::int64_t{-1});
    } else {
      note("eval_size", "left out: test examples that are generated need a number");
    }
  }

  void convert_evaluation() {
    convert_evaluation_size();
    set("evaluation", "tolerances", tolerances());
    const bool greedy = given("beam_eval") && !boolean("beam_eval");
    if (given("beam_eval")) set("evaluation", "beam_search", boolean("beam_eval"));
    if (!given("beam_size")) return;
    if (!greedy) set("evaluation", "beam_size", integer("beam_size"));
    if (greedy && integer("beam_size") > 1) note("beam_size", "has no effect without beam_eval");
  }

  std::map<std::string, std::string> settings_;
  std::set<std::string> repeated_;
  std::string operation_;
  ReferenceConversion result_;
};

/// The name of a flag: "fp16" of "--fp16=true".
std::string flag_name(const std::string& token) { return token.substr(2, std::min(token.find('='), token.size()) - 2); }

bool is_flag(const std::string& token) { return token.starts_with("--"); }

bool is_python(const std::string& token) {
  return std::filesystem::path(token).filename().string().starts_with("python");
}

bool is_assignment(const std::string& token) {
  const auto named = [](char letter) { return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_'; };
  const std::size_t equals = token.find('=');
  return equals != std::string::npos && equals > 0 && std::all_of(token.begin(), token.begin() + equals, named);
}

/// How many tokens in front only say how the program is run: "CUDA=0 srun -n 1 python train.py".
std::size_t length_of_program(const std::vector<std::string>& tokens) {
  const auto is_setting = [](const std::string& token) {
    return is_flag(token) && find_flag(flag_name(token)) != nullptr;
  };
  const auto flags = std::ranges::find_if(tokens, is_setting);
  const auto script =
      std::find_if(tokens.begin(), flags, [](const std::string& token) { return token.ends_with(".py"); });
  if (script != flags) return static_cast<std::size_t>(script - tokens.begin()) + 1;
  const auto module = std::find(std::find_if(tokens.begin(), flags, is_python), flags, "-m");
  if (module != flags && module + 1 != flags) return static_cast<std::size_t>(module - tokens.begin()) + 2;
  const auto other = std::find_if_not(tokens.begin(), flags, [](const std::string& token) {
    return !is_flag(token) && (is_python(token) || is_assignment(token));
  });
  return static_cast<std::size_t>(other - tokens.begin());
}

/// What a shell does with the output of the program, and what follows.
bool ends_command(const std::string& token) {
  constexpr std::array ends = {"|", "&", "&&", "||", ";", ">", ">>", "&>", "2>", "2>&1", "<"};
  return is_among(ends, token);
}

ReferenceSettings settings_of(const std::vector<std::string>& tokens) {
  ReferenceSettings settings;
  std::size_t place = length_of_program(tokens);
  while (place < tokens.size() && !ends_command(tokens[place])) {
    const std::string& token = tokens[place++];
    if (!is_flag(token)) {
      throw Error(fmt::format("'{}' belongs to no flag; accepted is --NAME VALUE or --NAME=VALUE", printable(token)));
    }
    const std::size_t equals = token.find('=');
    std::string value = "true";
    if (equals != std::string::npos) {
      value = token.substr(equals + 1);
    } else if (place < tokens.size() && !is_flag(tokens[place]) && !ends_command(tokens[place])) {
      value = tokens[place++];
    }
    require_known(flag_name(token));
    settings.emplace_back(flag_name(token), std::move(value));
  }
  return settings;
}

/// "--operation eigenvalues" as one argument among others: a flag's name has no blanks.
bool is_several(const std::string& argument) {
  return is_flag(argument) && argument.find_first_of(" \t\n") < argument.find('=');
}

}  // namespace

const std::vector<std::string>& reference_operations() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> names(rectangular_tasks.begin(), rectangular_tasks.end());
    names.insert(names.end(), symmetric_tasks.begin(), symmetric_tasks.end());
    names.insert(names.end(), {"invert_matrix", cotraining});
    return names;
  }();
  return all;
}

ReferenceSettings parse_reference_flags(const std::string& command_line) {
  return settings_of(tokens_of(command_line));
}

ReferenceSettings parse_reference_flags(const std::vector<std::string>& arguments) {
  if (arguments.size() == 1) return parse_reference_flags(arguments[0]);
  std::vector<std::string> tokens;
  for (const std::string& argument : arguments) {
    const std::vector<std::string> parts =
        is_several(argument) ? tokens_of(argument) : std::vector<std::string>{argument};
    tokens.insert(tokens.end(), parts.begin(), parts.end());
  }
  return settings_of(tokens);
}

ReferenceConversion convert_reference_settings(const ReferenceSettings& settings) {
  return Converter(settings).convert();
}

std::string to_toml(const ReferenceConversion& conversion) {
  std::string comments;
  if (!conversion.notes.empty()) comments = "# Settings of the reference that have no place in this file:\n";
  for (std::string note : conversion.notes) {
    std::ranges::replace_if(
        note, [](unsigned char letter) { return letter < ' ' || letter == 0x7F; }, ' ');
    comments += "#   " + note + "\n";
  }
  if (!comments.empty()) comments += "\n";
  return comments + format_toml(conversion.experiment);
}

}  // namespace matseq
