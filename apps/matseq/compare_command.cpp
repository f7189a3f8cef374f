#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "commands.h"
#include "comparison_text.h"
#include "configuration/experiment.h"
#include "configuration/experiment_plugins.h"
#include "data/experiment_data.h"
#include "data/sequence_survey.h"
#include "matseq/error.h"
#include "matseq/printable.h"
#include "report/comparison.h"
#include "run/run_list.h"
#include "run/run_record.h"

namespace matseq {
namespace {

constexpr std::size_t longest_reason = 300;

struct CompareArguments {
  std::vector<std::string> folders;
  ComparisonOptions options;
  std::vector<std::string> metrics;
  std::string sort;
  bool tolerances = false;
  bool sets = false;
  bool json = false;
  TableStyle style = TableStyle::terminal;
};

std::string first_line(const Error& error) {
  const std::string reason = error.what();
  return printable(reason.substr(0, reason.find('\n')), longest_reason);
}

/// Runs that cannot be read are left out, so that one that failed does not hide the others.
std::vector<RunRecord> read_runs(const std::vector<std::string>& folders, std::vector<std::string>& notes) {
  std::vector<RunRecord> runs;
  for (const std::filesystem::path& folder : runs_in(folders)) {
    try {
      runs.push_back(read_run_record(folder));
    } catch (const Error& error) {
      notes.push_back("left out: " + first_line(error));
    }
  }
  if (runs.empty()) throw Error(notes.empty() ? "there is no run to compare" : notes.front());
  return runs;
}

/// Names alone do not tell runs of several folders apart.
void name_by_path(std::vector<RunRecord>& runs) {
  std::vector<std::string> names;
  for (const RunRecord& run : runs) names.push_back(run.name);
  for (RunRecord& run : runs) {
    if (std::ranges::count(names, run.name) > 1) run.name = run.folder.string();
  }
}

/// How long the sequences of a row are, by its first run's configuration.
std::optional<SequenceSurvey> survey_of(const ComparisonRow& row, std::vector<std::string>& notes) {
  try {
    const Experiment experiment = read_experiment(row.runs.front().folder / "config.toml", {});
    PluginLoader loader = experiment_plugins(experiment, false);
    return survey_sequences(make_experiment_data(experiment, loader));
  } catch (const Error& error) {
    notes.push_back(
        fmt::format("the sequences of '{}' are not known: {}", printable(row.runs.front().name), first_line(error)));
    return std::nullopt;
  }
}

RowSurveys surveys_of(Comparison& comparison) {
  const bool encodings_differ =
      std::ranges::any_of(comparison.columns, [](const std::string& column) { return column.starts_with("encoding"); });
  RowSurveys surveys;
  if (!encodings_differ) return surveys;
  for (const ComparisonRow& row : comparison.rows) surveys.push_back(survey_of(row, comparison.notes));
  return surveys;
}

/// Those that --tolerances and --sets stand for, as the first run that was evaluated has them.
void add_further_metrics(CompareArguments& arguments, const std::vector<RunRecord>& runs) {
  const auto run = std::ranges::find_if(runs, [](const RunRecord& record) { return !record.evaluations.empty(); });
  if (run == runs.end()) return;
  using Json = nlohmann::ordered_json;
  const Json& sets = run->evaluations.back().sets;
  std::vector<std::string>& further = arguments.options.further;
  if (arguments.tolerances) {
    const std::string norm = setting_text(run->settings, "evaluation.norm");
    const Json shares = sets.value(Json::json_pointer("/valid/within/" + norm), Json::object());
    for (const auto& [tolerance, share] : shares.items()) {
      further.push_back(fmt::format("valid.within.{}.{}", norm, tolerance));
    }
  }
  if (!arguments.sets) return;
  for (const auto& [set, figures] : sets.items()) {
    if (set != "valid") further.push_back(set + ".accuracy");
  }
}

void run_compare(CompareArguments& arguments) {
  std::vector<std::string> notes;
  std::vector<RunRecord> runs = read_runs(arguments.folders, notes);
  name_by_path(runs);
  if (!arguments.metrics.empty()) {
    arguments.options.metric = arguments.metrics.front();
    arguments.options.further.assign(arguments.metrics.begin() + 1, arguments.metrics.end());
  }
  add_further_metrics(arguments, runs);
  Comparison comparison = compare(runs, arguments.options);
  comparison.notes.insert(comparison.notes.begin(), notes.begin(), notes.end());
  if (!arguments.sort.empty()) sort_rows(comparison, arguments.sort);
  const RowSurveys surveys = surveys_of(comparison);
  std::cout << (arguments.json ? to_json(comparison, arguments.options.target, surveys).dump(2) + "\n"
                               : to_table(comparison, arguments.options.target, surveys, arguments.style))
            << std::flush;
}

}  // namespace

void add_compare_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "compare",
      "Compares runs: those that differ only in the seed become one row, with mean, spread and number; the settings\n"
      "in which rows differ are columns. All are compared at one budget, by default the most examples that every run\n"
      "has been evaluated at.");
  command->footer("Example: matseq compare sweeps/encodings --target 95");
  const auto arguments = std::make_shared<CompareArguments>();
  ComparisonOptions& options = arguments->options;
  command->add_option("folders", arguments->folders, "runs, and folders of runs such as sweeps")->required();
  command
      ->add_option("--metric", arguments->metrics,
                   "what to compare by, such as valid.accuracy, valid.within.d1.0.02 or _valid.cross_entropy ('_': "
                   "smaller is better); further ones, after commas, are shown beside it; default: the first of the "
                   "first run's training.validation_metrics")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_flag("--tolerances", arguments->tolerances,
                    "show the accuracy within each of evaluation.tolerances beside it");
  command->add_flag("--sets", arguments->sets, "show the accuracy on every further test set beside it");
  command->add_option(
      "--target", options.target,
      "show after how many examples, and what time, an evaluation first reaches this value, and how sure it is "
      "that the mean does");
  command
      ->add_option("--budget-examples", options.budget_examples,
                   "count only evaluations after so many training examples or fewer")
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--budget-seconds", options.budget_seconds,
                   "count only evaluations within so many seconds from a run's beginning")
      ->check(CLI::PositiveNumber);
  command->add_option("--sort", arguments->sort,
                      "order of the rows: value (best first), examples_per_second, seconds, target, or a setting's "
                      "name; the others are tested against the first row (default: as the runs are given)");
  CLI::Option* json =
      command->add_flag("--json", arguments->json, "print JSON instead of a table, with every run's figures");
  command
      ->add_flag_callback(
          "--markdown", [arguments] { arguments->style = TableStyle::markdown; }, "print the table in Markdown")
      ->excludes(json);
  command->callback([arguments] { run_compare(*arguments); });
}

}  // namespace matseq
