#include "configuration/experiment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "configuration/optimizer_spec.h"
#include "matseq/error.h"
#include "matseq/nearest_name.h"

namespace matseq {
namespace {

using P = Parameter;

const ParameterSchema encoding_schema = {
    P::text("input", "P1000",
            "encoding of the input: a preset (P10, P1000, B1999, FP15), a reference's spec, or a table"),
    P::text("output", "P1000", "encoding of the target, likewise"),
    P::integer("max_dimension", 100, "largest matrix dimension that has a token").at_least(1).at_most(10000),
};

const ParameterSchema data_schema = {
    P::integer("seed", 1, "of all random numbers: examples and initial values").at_least(0),
    P::integer("workers", 2, "threads that make batches ahead of the trainer; 0: none").at_least(0).at_most(256),
    P::integer("max_len", 512, "examples with a sequence of this many tokens or more are thrown away")
        .at_least(4)
        .at_most(100000),
    P::text("reload_data", "", "file of training examples; empty: generate them"),
    P::integer("reload_size", -1, "use only this many examples of that file; -1: all").at_least(-1),
    P::boolean("batch_load", false, "stream the file rather than keep its examples in memory"),
};

const ParameterSchema training_schema = {
    P::integer("batch_size", 64, "examples a batch").at_least(1).at_most(1 << 20),
    P::integer("epoch_size", 300000, "examples between evaluations").at_least(1),
    P::integer("max_epoch", 100000, "most epochs").at_least(0),
    P::real("clip_grad_norm", 5, "largest global gradient norm; 0: no clipping").at_least(0),
    P::integer("accumulate_gradients", 1, "batches an update").at_least(1),
    P::integer("save_periodic", 0, "keep the model every so many epochs; 0: never").at_least(0),
    P::integer("save_every", 5000, "updates between checkpoints within an epoch; 0: only at its end").at_least(0),
    P::text("stopping_criterion", "",
            "\"METRIC,PATIENCE\": stop when the metric has not improved for more than so many epochs in a row"),
    P::texts("validation_metrics", {"valid.accuracy"},
             "keep the best model of each; a leading '_' means smaller is better"),
    P::text("precision", "float32", "of the model's arithmetic").one_of({"float32", "bfloat16", "float16"}),
    P::text("device", "auto", "auto, cpu, cuda or cuda:N"),
    P::integer("threads", 0, "of the device cpu; 0: as many as there are cores").at_least(0).at_most(4096),
    P::boolean("cuda_graphs", false, "on a CUDA device, record the passes of an update as a graph and replay it"),
    P::integer("log_every", 200, "updates between log lines").at_least(1),
    P::integer("max_skipped", 10, "updates in a row with a loss that is not finite to skip; 0: stop at the first")
        .at_least(0),
};

const ParameterSchema evaluation_schema = {
    P::integer("size", 10000, "examples of each test set").at_least(1),
    P::integer("batch_size", 128, "examples a batch").at_least(1).at_most(1 << 20),
    P::boolean("beam_search", false, "search with a beam of one hypothesis, too, instead of greedily"),
    P::integer("beam_size", 1, "hypotheses of the beam search; 1: greedy decoding").at_least(1).at_most(1000),
    P::real("beam_length_penalty", 1, "power of the length that divides a hypothesis' log-probability"),
    P::boolean("beam_early_stopping", true, "a sentence is done when it has beam_size hypotheses"),
    P::real("sampling_temperature", 0,
            "draw each token from softmax(logits / temperature) instead of searching; 0: do not sample")
        .at_least(0),
    P::integer("max_output_len", 512, "most tokens of a hypothesis").at_least(1).at_most(100000),
    P::reals("tolerances", {0.05, 0.02, 0.01, 0.005},
             "errors below which a prediction counts; the first is the headline")
        .at_least(0),
    P::real("coeff_tolerance", 0.01, "error below which a coefficient is right").at_least(0),
    P::text("norm", "d1", "the error that tolerances bound").one_of({"max", "d1", "d2"}),
    P::boolean("decode_perfect", false, "decode examples that teacher forcing already finds perfect, too"),
    P::text("data", "", "file of test examples for the set 'valid'; empty: generate them"),
    P::tables("sets", "further test sets: a name, and task = { overrides of the task's parameters }"),
};

const std::array<std::string, 8> table_names = {"task",     "encoding", "model",    "optimizer",
                                                "schedule", "data",     "training", "evaluation"};

void check_top_level(const TomlDocument& document) {
  const std::vector<std::string> tables(table_names.begin(), table_names.end());
  for (const auto& [name, table] : document.tables) {
    if (std::ranges::count(tables, name) > 0) continue;
    const std::string hint = nearest_name(name, tables);
    throw Error(fmt::format("{}: unknown table [{}]{} Known tables: {}", table.where, name, hint.empty() ? "." : hint,
                            quoted_list(tables)));
  }
  for (const auto& [key, entry] : document.values.entries) {
    if (key == "plugin_path" || key == "optimizer") continue;
    if (std::ranges::count(tables, key) > 0) {
      throw Error(fmt::format("{}: '{}' must be a table, [{}]", entry.where, key, key));
    }
    const std::string hint = nearest_name(key, {"plugin_path", "optimizer"});
    throw Error(
        fmt::format("{}: unknown key '{}' outside any table{} Known: 'plugin_path', 'optimizer', and the tables {}",
                    entry.where, key, hint.empty() ? "." : hint, quoted_list(tables)));
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
    if (text == nullptr) throw Error(fmt::format("{}: '{}.plugin' must be a string", plugin->second.where, name));
    choice.plugin = *text;
    choice.table.entries.erase(plugin);
  }
  if (choice.plugin.empty()) {
    throw Error(fmt::format("{}: '{}.plugin' is missing: it names the {} (`matseq plugins` lists them)",
                            choice.table.where, name, name));
  }
  return choice;
}

/// The optimizer and schedule, from their tables or from the reference's one-line spec.
void read_optimizer(const TomlDocument& document, Experiment& experiment) {
  const auto spec = document.values.entries.find("optimizer");
  if (spec == document.values.entries.end()) {
    experiment.optimizer = plugin_choice(document, "optimizer", "adam");
    experiment.schedule = plugin_choice(document, "schedule", "constant");
    return;
  }
  const auto* text = std::get_if<std::string>(&spec->second.value);
  if (text == nullptr || document.tables.contains("schedule")) {
    throw Error(
        fmt::format("{}: 'optimizer' must be a table, or a spec such as "
                    "\"adam_cosine,warmup_updates=10000,lr=0.0001\", which then includes the [schedule]",
                    spec->second.where));
  }
  OptimizerSpec parsed = parse_optimizer_spec(*text, spec->second.where);
  experiment.optimizer = {parsed.optimizer, parsed.optimizer_table};
  experiment.schedule = {parsed.schedule, parsed.schedule_table};
}

EncodingSpec read_encoding(const ParameterTable& table, const Parameters& checked, const std::string& side) {
  const ParameterTable own = sub_table(table, side);
  if (!own.entries.empty()) return parse_encoding(own);
  const auto entry = table.entries.find(side);
  return parse_encoding(checked.text(side), entry == table.entries.end() ? table.where : entry->second.where);
}

void read_encodings(const TomlDocument& document, Experiment& experiment) {
  const ParameterTable table = table_of(document, "encoding");
  const Parameters checked = Parameters::check(
      encoding_schema, without_sub_table(without_sub_table(table, "input"), "output"), "table [encoding]");
  experiment.input_encoding = read_encoding(table, checked, "input");
  experiment.output_encoding = read_encoding(table, checked, "output");
  experiment.max_dimension = checked.integer("max_dimension");
}

std::string absolute_path(const std::string& path, const std::filesystem::path& folder) {
  return path.empty() ? path : (folder / path).lexically_normal().string();
}

DataConfiguration read_data(const ParameterTable& table, const std::filesystem::path& folder) {
  const Parameters checked = Parameters::check(data_schema, table, "table [data]");
  DataConfiguration data;
  data.seed = static_cast<std::uint64_t>(checked.integer("seed"));
  data.workers = checked.integer("workers");
  data.max_len = checked.integer("max_len");
  data.reload_data = absolute_path(checked.text("reload_data"), folder);
  data.reload_size = checked.integer("reload_size");
  data.batch_load = checked.boolean("batch_load");
  if (!data.reload_data.empty() && data.reload_size == 0) {
    throw Error(fmt::format("{}: 'data.reload_size' is 0, which leaves no examples; -1 takes all", table.where));
  }
  if (data.batch_load && (data.reload_data.empty() || data.reload_size < 1)) {
    throw Error(
        fmt::format("{}: 'data.batch_load' streams 'data.reload_size' examples at a time of the file "
                    "'data.reload_data': both must be given, the size above 0",
                    table.where));
  }
  return data;
}

TrainingConfiguration read_training(const ParameterTable& table) {
  const Parameters checked = Parameters::check(training_schema, table, "table [training]");
  TrainingConfiguration training;
  training.batch_size = checked.integer("batch_size");
  training.epoch_size = checked.integer("epoch_size");
  training.max_epoch = checked.integer("max_epoch");
  training.clip_grad_norm = checked.real("clip_grad_norm");
  training.accumulate_gradients = checked.integer("accumulate_gradients");
  training.save_periodic = checked.integer("save_periodic");
  training.save_every = checked.integer("save_every");
  training.stopping_criterion = checked.text("stopping_criterion");
  training.validation_metrics = checked.texts("validation_metrics");
  training.precision = checked.text("precision");
  training.device = checked.text("device");
  training.threads = checked.integer("threads");
  training.cuda_graphs = checked.boolean("cuda_graphs");
  training.log_every = checked.integer("log_every");
  training.max_skipped = checked.integer("max_skipped");
  return training;
}

/// What the lines of metrics have beside the test sets.
constexpr std::array<const char*, 6> taken_names = {"valid", "train", "update", "epoch", "learning_rate", "loss"};
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
                        entry.where, key));
      }
    }
    sets.push_back({name, merged(experiment.task.table, sub_table(set, "task"))});
  }
  return sets;
}

void read_evaluation(const ParameterTable& table, const std::filesystem::path& folder, Experiment& experiment) {
  const Parameters checked =
      Parameters::check(evaluation_schema, without_sub_table(table, "task"), "table [evaluation]");
  EvaluationConfiguration& evaluation = experiment.evaluation;
  evaluation.size = checked.integer("size");
  evaluation.batch_size = checked.integer("batch_size");
  evaluation.beam_search = checked.boolean("beam_search");
  evaluation.beam_size = checked.integer("beam_size");
  evaluation.beam_length_penalty = checked.real("beam_length_penalty");
  evaluation.beam_early_stopping = checked.boolean("beam_early_stopping");
  evaluation.sampling_temperature = checked.real("sampling_temperature");
  if (evaluation.sampling_temperature > 0 && (evaluation.beam_search || evaluation.beam_size > 1)) {
    throw Error(
        fmt::format("{}: 'evaluation.sampling_temperature' and a beam search exclude each other: leave "
                    "'evaluation.beam_size' at 1 and 'evaluation.beam_search' false, or the temperature at 0",
                    table.where));
  }
  evaluation.max_output_len = checked.integer("max_output_len");
  evaluation.tolerances = checked.reals("tolerances");
  if (evaluation.tolerances.empty()) {
    throw Error(fmt::format("{}: 'evaluation.tolerances' needs at least one tolerance", table.where));
  }
  evaluation.coeff_tolerance = checked.real("coeff_tolerance");
  evaluation.norm = checked.text("norm");
  evaluation.decode_perfect = checked.boolean("decode_perfect");
  evaluation.data = absolute_path(checked.text("data"), folder);
  evaluation.sets = read_sets(experiment, sub_table(table, "task"), checked);
}

std::vector<std::filesystem::path> read_plugin_path(const TomlDocument& document, const std::filesystem::path& folder) {
  static const ParameterSchema schema = {P::texts("plugin_path", {}, "folders with plugins")};
  ParameterTable table = document.values;
  std::erase_if(table.entries, [](const auto& entry) { return entry.first != "plugin_path"; });
  const Parameters checked = Parameters::check(schema, table, "the experiment");
  std::vector<std::filesystem::path> paths;
  for (const std::string& path : checked.texts("plugin_path")) paths.emplace_back(absolute_path(path, folder));
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

ParameterTable resolved_table(const TomlDocument& document, const std::string& name, const ParameterTable& table) {
  return to_table(
      Parameters::check(framework_schema(name), table, fmt::format("table [{}] of {}", name, document.name)));
}

}  // namespace

const ParameterSchema& framework_schema(const std::string& table) {
  if (table == "encoding") return encoding_schema;
  if (table == "data") return data_schema;
  if (table == "training") return training_schema;
  if (table == "evaluation") return evaluation_schema;
  throw Error(fmt::format("the framework has no table [{}]", table));
}

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
  read_optimizer(document, experiment);
  experiment.data = read_data(table_of(document, "data"), folder);
  experiment.training = read_training(table_of(document, "training"));
  read_evaluation(table_of(document, "evaluation"), folder, experiment);
  return experiment;
}

Experiment read_experiment(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  const TomlDocument document = read_toml(file, overrides);
  return read_experiment(document, std::filesystem::absolute(file).parent_path());
}

std::string resolved_toml(const Experiment& experiment, PluginLoader& loader) {
  const TomlDocument& document = experiment.document;
  TomlDocument resolved;
  resolved.tables["task"] = resolved_plugin(loader, PluginKind::task, experiment.task);
  resolved.tables["model"] = resolved_plugin(loader, PluginKind::model, experiment.model);
  resolved.tables["optimizer"] = resolved_plugin(loader, PluginKind::optimizer, experiment.optimizer);
  resolved.tables["schedule"] = resolved_plugin(loader, PluginKind::schedule, experiment.schedule);

  const ParameterTable encoding = table_of(document, "encoding");
  ParameterTable encodings =
      resolved_table(document, "encoding", without_sub_table(without_sub_table(encoding, "input"), "output"));
  resolve_encoding(loader, experiment.input_encoding, "input", encodings);
  resolve_encoding(loader, experiment.output_encoding, "output", encodings);
  resolved.tables["encoding"] = encodings;

  ParameterTable data = resolved_table(document, "data", table_of(document, "data"));
  data.set("reload_data", experiment.data.reload_data);
  resolved.tables["data"] = data;
  resolved.tables["training"] = resolved_table(document, "training", table_of(document, "training"));

  const ParameterTable evaluation = table_of(document, "evaluation");
  ParameterTable evaluations = resolved_table(document, "evaluation", without_sub_table(evaluation, "task"));
  evaluations.set("data", experiment.evaluation.data);
  for (const auto& [key, entry] : evaluation.entries) {
    if (key.starts_with("task.")) evaluations.entries[key] = entry;
  }
  resolved.tables["evaluation"] = evaluations;

  const PluginLibrary& task = loader.library(PluginKind::task, experiment.task.plugin);
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
