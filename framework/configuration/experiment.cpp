#include "configuration/experiment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <set>

#include "configuration/framework_settings.h"
#include "configuration/toml_text.h"
#include "matseq/error.h"
#include "matseq/nearest_name.h"
#include "matseq/printable.h"

namespace matseq {
namespace {

const std::array<std::string, 8> table_names = {"task",     "encoding", "model",    "optimizer",
                                                "schedule", "data",     "training", "evaluation"};

void check_top_level(const TomlDocument& document) {
  const std::vector<std::string> tables(table_names.begin(), table_names.end());
  for (const auto& [name, table] : document.tables) {
    if (std::ranges::count(tables, name) > 0) continue;
    const std::string hint = nearest_name(name, tables);
    throw Error(fmt::format("{}: unknown table [{}]{} Known tables: {}", table.where, printable(name),
                            hint.empty() ? "." : hint, quoted_list(tables)));
  }
  for (const auto& [key, entry] : document.values.entries) {
    if (key == "plugin_path") continue;
    if (std::ranges::count(tables, key) > 0) {
      throw Error(fmt::format("{}: '{}' must be a table, [{}]", entry.where, key, key));
    }
    const std::string hint = nearest_name(key, {"plugin_path"});
    throw Error(fmt::format("{}: unknown key '{}' outside any table{} Known: 'plugin_path', and the tables {}",
                            entry.where, printable(key), hint.empty() ? "." : hint, quoted_list(tables)));
  }
}

ParameterTable table_of(const TomlDocument& document, const std::string& name) {
  if (const auto found = document.tables.find(name); found != document.tables.end()) return found->second;
  ParameterTable empty;
  empty.where = document.name;
  empty.prefix = name;
  return empty;
}

PluginChoice plugin_choice(const TomlDocument& document, const std::string& name, const std::string& fallback) {
  PluginChoice choice{fallback, table_of(document, name)};
  const auto plugin = choice.table.entries.find("plugin");
  if (plugin != choice.table.entries.end()) {
    const auto* text = std::get_if<std::string>(&plugin->second.value);
    if (text == nullptr) {
      throw Error(fmt::format("{}: '{}.plugin' must be a string, found {}", plugin->second.where, name,
                              printable(toml_text(plugin->second.value))));
    }
    choice.plugin = *text;
    choice.table.entries.erase(plugin);
  }
  if (choice.plugin.empty()) {
    throw Error(fmt::format("{}: '{}.plugin' is missing: it names the {} (`matseq plugins` lists them)",
                            choice.table.where, name, name));
  }
  return choice;
}

/// Where a key of a table stands, or else the table.
const std::string& place(const ParameterTable& table, const std::string& key) {
  const auto entry = table.entries.find(key);
  return entry == table.entries.end() ? table.where : entry->second.where;
}

/// A table of the framework's own, checked. A key that another of its tables has is told from one that none has.
/// `inner` is a table within that was read elsewhere.
template <typename Settings>
Parameters check_table(const SettingsTable<Settings>& settings, const std::string& name, const ParameterTable& table,
                       const std::string& inner = "") {
  ParameterSchema schema = settings.schema();
  if (!inner.empty()) schema.push_back(Parameter::tables(inner, ""));
  for (const auto& [key, entry] : table.entries) {
    if (key == inner) throw Error(fmt::format("{}: '{}.{}' must be a table", entry.where, name, key));
    if (std::ranges::find(schema, key, &Parameter::name) != schema.end()) continue;
    const auto is_named = [&key = key](const FrameworkSetting& setting) { return setting.parameter.name == key; };
    const auto other = std::ranges::find_if(framework_settings(), is_named);
    if (other == framework_settings().end()) continue;
    throw Error(fmt::format("{}: the table [{}] has no '{}'; it belongs into the table [{}]", entry.where, name, key,
                            other->table));
  }
  return Parameters::check(schema, table, fmt::format("table [{}]", name));
}

EncodingSpec read_encoding(const ParameterTable& table, const Parameters& checked, const std::string& side) {
  const ParameterTable own = sub_table(table, side);
  if (!own.entries.empty()) return parse_encoding(own);
  return parse_encoding(checked.text(side), place(table, side));
}

void read_encodings(const TomlDocument& document, Experiment& experiment) {
  const ParameterTable table = table_of(document, "encoding");
  const Parameters checked =
      check_table(encoding_settings(), "encoding", without_sub_table(without_sub_table(table, "input"), "output"));
  experiment.input_encoding = read_encoding(table, checked, "input");
  experiment.output_encoding = read_encoding(table, checked, "output");
  experiment.max_dimension = checked.integer("max_dimension");
}

/// Repetition and curricula are of examples that are generated.
void check_repetition(const DataConfiguration& data, const ParameterTable& table) {
  const std::pair<const char*, bool> wishes[] = {{"distinct_examples", data.distinct_examples > 0},
                                                 {"repeated.examples", data.repeated_examples > 0},
                                                 {"curriculum", !data.curriculum.empty()}};
  for (const auto& [key, wanted] : wishes) {
    if (!wanted || data.reload_data.empty()) continue;
    throw Error(fmt::format(
        "{}: 'data.{}' is about examples that are generated; those of the file 'data.reload_data' are as they are",
        place(table, key), key));
  }
  if (data.distinct_examples == 0 || data.repeated_examples < data.distinct_examples) return;
  throw Error(
      fmt::format("{}: 'data.repeated.examples' is {}; of 'data.distinct_examples' = {} at least one must be left",
                  place(table, "repeated.examples"), data.repeated_examples, data.distinct_examples));
}

std::vector<CurriculumStage> read_curriculum(const PluginChoice& task, const std::vector<ParameterTable>& tables) {
  constexpr double most_examples = 1e12;  // as elsewhere
  static const ParameterSchema schema = {
      Parameter::integer("from", 0, "first example").at_least(1).at_most(most_examples).optional(),
      Parameter::integer("over", 0, "examples mixed").at_least(0).at_most(most_examples),
      Parameter::tables("task", "overrides"),
  };
  std::vector<CurriculumStage> stages;
  std::int64_t alone = 0;  // the first example that the stage before has alone
  for (const ParameterTable& table : tables) {
    const Parameters checked =
        Parameters::check(schema, without_sub_table(table, "task"), "a table of [[data.curriculum]]");
    if (!checked.has("from")) {
      throw Error(
          fmt::format("{}: a table of [[data.curriculum]] needs 'from', the number of its first example", table.where));
    }
    const CurriculumStage stage{.from = checked.integer("from"),
                                .over = checked.integer("over"),
                                .task = merged(task.table, sub_table(table, "task"))};
    if (stage.from <= alone) {
      throw Error(fmt::format("{}: 'from' is {}; the stage before it begins, or ends to be mixed in, with example {}",
                              place(table, "from"), stage.from, alone));
    }
    alone = stage.from + stage.over;
    stages.push_back(stage);
  }
  return stages;
}

DataConfiguration read_data(const ParameterTable& table, const std::filesystem::path& folder,
                            const PluginChoice& task) {
  const Parameters checked = check_table(data_settings(), "data", table);
  DataConfiguration data = data_settings().read(checked, folder);
  if (checked.has("curriculum")) data.curriculum = read_curriculum(task, checked.tables("curriculum"));
  check_repetition(data, table);
  if (!data.reload_data.empty() && data.reload_size == 0) {
    throw Error(fmt::format("{}: 'data.reload_size' is 0, which leaves no examples; -1 takes all",
                            place(table, "reload_size")));
  }
  if (data.batch_load && (data.reload_data.empty() || data.reload_size < 1)) {
    throw Error(
        fmt::format("{}: 'data.batch_load' streams 'data.reload_size' examples at a time of the file "
                    "'data.reload_data': both must be given, the size above 0",
                    place(table, "batch_load")));
  }
  return data;
}

void require_micro_batches(const ParameterTable& table, const TrainingConfiguration& training) {
  const std::int64_t count = training.micro_batches, examples = training.batch_size * training.accumulate_gradients;
  if (count == 0 || (std::has_single_bit(static_cast<std::uint64_t>(count)) && count <= examples)) return;
  throw Error(fmt::format(
      "{}: 'training.micro_batches' is {}; it is to be a power of two, and at most as many as an update has "
      "examples, which are {} ('training.batch_size' times 'training.accumulate_gradients')",
      place(table, "micro_batches"), count, examples));
}

TrainingConfiguration read_training(const ParameterTable& table, const std::filesystem::path& folder) {
  TrainingConfiguration training =
      training_settings().read(check_table(training_settings(), "training", table), folder);
  if (training.epoch_size < training.batch_size) {
    throw Error(
        fmt::format("{}: 'training.epoch_size' is {}, fewer examples than one batch, 'training.batch_size', has: "
                    "{}",
                    place(table, table.entries.contains("epoch_size") ? "epoch_size" : "batch_size"),
                    training.epoch_size, training.batch_size));
  }
  require_micro_batches(table, training);
  return training;
}

/// What the lines of metrics have beside the test sets.
constexpr std::array<const char*, 8> taken_names = {"valid", "train",         "training", "update",
                                                    "epoch", "learning_rate", "loss",     "data"};
/// A file of the best weights is named by a set and a metric; file systems accept names of 255 bytes.
constexpr std::size_t longest_set_name = 100;

/// The name of a further test set: part of the names of metrics and files, so one plain token.
std::string set_name(const ParameterTable& set) {
  const auto entry = set.entries.find("name");
  const auto* name = entry == set.entries.end() ? nullptr : std::get_if<std::string>(&entry->second.value);
  const auto plain = [](unsigned char letter) { return std::isalnum(letter) || letter == '_' || letter == '-'; };
  if (name == nullptr || name->empty() || name->size() > longest_set_name || !std::ranges::all_of(*name, plain)) {
    throw Error(
        fmt::format("{}: a table of [[evaluation.sets]] needs a 'name' of at most {} letters, digits, '_' and '-'",
                    set.where, longest_set_name));
  }
  return *name;
}

std::vector<TestSet> read_sets(const Experiment& experiment, const ParameterTable& overrides,
                               const Parameters& checked) {
  std::vector<TestSet> sets = {{"valid", merged(experiment.task.table, overrides)}};
  if (!checked.has("sets")) return sets;
  std::set<std::string> names(taken_names.begin(), taken_names.end());
  for (const ParameterTable& set : checked.tables("sets")) {
    const std::string name = set_name(set);
    if (!names.insert(name).second) {
      throw Error(fmt::format("{}: the test set name '{}' is taken; names must differ, also from {}", set.where, name,
                              quoted_list({taken_names.begin(), taken_names.end()})));
    }
    for (const auto& [key, entry] : set.entries) {
      if (key != "name" && !key.starts_with("task.")) {
        throw Error(
            fmt::format("{}: unknown key '{}' in [[evaluation.sets]]. Known keys: 'name', and 'task' with "
                        "overrides of the task's parameters",
                        entry.where, printable(key)));
      }
    }
    sets.push_back({name, merged(experiment.task.table, sub_table(set, "task"))});
  }
  return sets;
}

void check_evaluation(const EvaluationConfiguration& evaluation, const ParameterTable& table) {
  if (evaluation.sampling_temperature > 0 && (evaluation.beam_search || evaluation.beam_size > 1)) {
    throw Error(
        fmt::format("{}: 'evaluation.sampling_temperature' and a beam search exclude each other: leave "
                    "'evaluation.beam_size' at 1 and 'evaluation.beam_search' false, or the temperature at 0",
                    place(table, "sampling_temperature")));
  }
  if (evaluation.samples > 1 && evaluation.sampling_temperature == 0) {
    throw Error(
        fmt::format("{}: several samples are drawn at a temperature: 'evaluation.sampling_temperature' must be above "
                    "0, such as 1, the model's own probabilities",
                    place(table, "samples")));
  }
  if (evaluation.tolerances.empty()) {
    throw Error(fmt::format("{}: 'evaluation.tolerances' needs at least one tolerance", place(table, "tolerances")));
  }
  const bool only_a_file = !evaluation.data.empty() && evaluation.sets.size() == 1;
  if (evaluation.size == 0 || (evaluation.size < 0 && !only_a_file)) {
    throw Error(
        fmt::format("{}: 'evaluation.size' is {}; accepted is a number above 0, or -1 for all of the file "
                    "'evaluation.data' where no further test set is generated",
                    place(table, "size"), evaluation.size));
  }
}

void read_evaluation(const ParameterTable& table, const std::filesystem::path& folder, Experiment& experiment) {
  const Parameters checked = check_table(evaluation_settings(), "evaluation", without_sub_table(table, "task"), "task");
  experiment.evaluation = evaluation_settings().read(checked, folder);
  experiment.evaluation.sets = read_sets(experiment, sub_table(table, "task"), checked);
  if (experiment.evaluation.training_set) {
    experiment.evaluation.sets.push_back({training_set_name, experiment.task.table});
  }
  check_evaluation(experiment.evaluation, table);
}

std::vector<std::filesystem::path> read_plugin_path(const TomlDocument& document, const std::filesystem::path& folder) {
  static const ParameterSchema schema = {Parameter::texts("plugin_path", {}, "folders with plugins")};
  ParameterTable table = document.values;
  std::erase_if(table.entries, [](const auto& entry) { return entry.first != "plugin_path"; });
  const Parameters checked = Parameters::check(schema, table, "the experiment");
  std::vector<std::filesystem::path> paths;
  const std::filesystem::path base = base_of(table, "plugin_path", folder);
  for (const std::string& path : checked.texts("plugin_path")) {
    if (!path.empty()) paths.push_back((base / path).lexically_normal());
  }
  return paths;
}

/// The table that `[name]` resolves to: the plugin's name and all its parameters.
ParameterTable resolved_plugin(PluginLoader& loader, PluginKind kind, const PluginChoice& choice) {
  const PluginLibrary& library = loader.library(kind, choice.plugin);
  ParameterTable table = to_table(Parameters::check(library.schema, choice.table, library.title()));
  table.set("plugin", choice.plugin);
  return table;
}

void resolve_encoding(PluginLoader& loader, const EncodingSpec& spec, const std::string& side, ParameterTable& table) {
  const ParameterTable own = resolved_plugin(loader, PluginKind::encoder, {spec.plugin, spec.table});
  table.entries.erase(side);
  for (const auto& [key, entry] : own.entries) table.set(side + "." + key, entry.value);
}

ParameterTable resolved_encodings(const Experiment& experiment, PluginLoader& loader) {
  EncodingConfiguration encoding;
  encoding.max_dimension = experiment.max_dimension;
  ParameterTable table = encoding_settings().written(encoding);
  resolve_encoding(loader, experiment.input_encoding, "input", table);
  resolve_encoding(loader, experiment.output_encoding, "output", table);
  return table;
}

/// A curriculum stays as it was written: as overrides of the task.
ParameterTable resolved_data(const Experiment& experiment) {
  ParameterTable table = data_settings().written(experiment.data);
  const auto& given = table_of(experiment.document, "data").entries;
  if (const auto curriculum = given.find("curriculum"); curriculum != given.end()) table.entries.insert(*curriculum);
  return table;
}

/// Test sets stay as they were written: as overrides of the task.
ParameterTable resolved_evaluation(const Experiment& experiment) {
  ParameterTable table = evaluation_settings().written(experiment.evaluation);
  for (const auto& [key, entry] : table_of(experiment.document, "evaluation").entries) {
    if (key == "sets" || key.starts_with("task.")) table.entries[key] = entry;
  }
  return table;
}

}  // namespace

std::string setting_place(const Experiment& experiment, const std::string& table, const std::string& key) {
  const ParameterTable settings = table_of(experiment.document, table);
  const auto entry = settings.entries.find(key);
  return fmt::format("{}: '{}.{}'", entry == settings.entries.end() ? settings.where : entry->second.where, table, key);
}

Experiment read_experiment(const TomlDocument& document, const std::filesystem::path& folder) {
  check_top_level(document);
  Experiment experiment;
  experiment.document = document;
  experiment.plugin_path = read_plugin_path(document, folder);
  experiment.task = plugin_choice(document, "task", "");
  read_encodings(document, experiment);
  experiment.model = plugin_choice(document, "model", "transformer");
  experiment.optimizer = plugin_choice(document, "optimizer", "adam");
  experiment.schedule = plugin_choice(document, "schedule", "constant");
  experiment.data = read_data(table_of(document, "data"), folder, experiment.task);
  experiment.training = read_training(table_of(document, "training"), folder);
  read_evaluation(table_of(document, "evaluation"), folder, experiment);
  return experiment;
}

Experiment read_experiment(const std::filesystem::path& file, const std::vector<std::string>& overrides,
                           const Shorthands& shorthands) {
  const TomlDocument document = read_toml(file, overrides, shorthands);
  return read_experiment(document, std::filesystem::absolute(file).parent_path());
}

std::string resolved_toml(const Experiment& experiment, PluginLoader& loader) {
  TomlDocument resolved;
  resolved.tables["task"] = resolved_plugin(loader, PluginKind::task, experiment.task);
  resolved.tables["model"] = resolved_plugin(loader, PluginKind::model, experiment.model);
  resolved.tables["optimizer"] = resolved_plugin(loader, PluginKind::optimizer, experiment.optimizer);
  resolved.tables["schedule"] = resolved_plugin(loader, PluginKind::schedule, experiment.schedule);
  resolved.tables["encoding"] = resolved_encodings(experiment, loader);
  resolved.tables["data"] = resolved_data(experiment);
  resolved.tables["training"] = training_settings().written(experiment.training);
  resolved.tables["evaluation"] = resolved_evaluation(experiment);
  const PluginLibrary& task = loader.library(PluginKind::task, experiment.task.plugin);
  for (const CurriculumStage& stage : experiment.data.curriculum) {
    Parameters::check(task.schema, stage.task, task.title() + " of the curriculum");
  }
  for (const TestSet& set : experiment.evaluation.sets) {
    Parameters::check(task.schema, set.task, fmt::format("{} of the test set '{}'", task.title(), set.name));
  }
  if (!experiment.plugin_path.empty()) {
    std::vector<std::string> paths;
    for (const std::filesystem::path& path : experiment.plugin_path) paths.push_back(path.string());
    resolved.values.set("plugin_path", paths);
  }
  return format_toml(resolved);
}

}  // namespace matseq
