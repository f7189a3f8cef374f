#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "commands.h"
#include "data/data_statistics.h"
#include "experiment_arguments.h"
#include "matseq/error.h"
#include "matseq/printable.h"
#include "report/figure_text.h"
#include "text_table.h"

namespace matseq {
namespace {

struct DataArguments {
  std::string config;
  ExperimentArguments experiment;
  std::uint64_t count = 10000;
  std::uint64_t first = 0;
  std::string set_name = "train";
  bool json = false;
};

/// What the numbers of one row of the table are about.
void add_row(TextTable& table, const std::string& title, const Distribution& numbers) {
  table.add({title, short_figure(numbers.minimum), short_figure(numbers.quantile_05), short_figure(numbers.quantile_25),
             short_figure(numbers.median), short_figure(numbers.quantile_75), short_figure(numbers.quantile_95),
             short_figure(numbers.maximum), short_figure(numbers.mean)});
}

/// "3 x 3 (67%), 2 x 2 (33%)": the most frequent first, and how many more there are.
std::string shares(std::vector<std::pair<std::string, std::uint64_t>> counts, std::size_t most) {
  double sum = 0;
  for (const auto& [name, count] : counts) sum += static_cast<double>(count);
  std::ranges::stable_sort(counts, std::ranges::greater{}, &std::pair<std::string, std::uint64_t>::second);
  std::string text;
  for (std::size_t i = 0; i < std::min(counts.size(), most); ++i) {
    text += fmt::format("{}{} ({:.3g}%)", i == 0 ? "" : ", ", printable(counts[i].first),
                        100 * static_cast<double>(counts[i].second) / sum);
  }
  if (counts.size() > most) text += fmt::format(" and {} more", counts.size() - most);
  return counts.empty() ? "none" : text;
}

std::string shares(const std::map<std::string, std::uint64_t>& counts) {
  return shares({counts.begin(), counts.end()}, 8);
}

std::string token_shares(const SideStatistics& side, const Vocabulary& vocabulary) {
  std::vector<std::pair<std::string, std::uint64_t>> counts;
  for (std::size_t id = 0; id < side.tokens.size(); ++id) {
    if (side.tokens[id] > 0) counts.emplace_back(vocabulary.token(static_cast<TokenId>(id)), side.tokens[id]);
  }
  return fmt::format("{} of {}: {}", counts.size(), vocabulary.size(), shares(counts, 8));
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? "0%" : fmt::format("{:.3g}%", 100 * static_cast<double>(part) / static_cast<double>(whole));
}

/// "98.4% within 5%, 95.6% within 2%"; empty when it is all of them.
std::string right_targets_text(const DataStatistics& statistics) {
  std::string text;
  bool all = true;
  for (const auto& [tolerance, right] : statistics.right_targets) {
    all = all && right == statistics.counts.examples;
    text += fmt::format("{}{} within {:.4g}%", text.empty() ? "" : ", ", percent(right, statistics.counts.examples),
                        100 * tolerance);
  }
  return all ? "" : text;
}

std::string statistics_text(const DataStatistics& statistics, const ExperimentData& data, const DataSet& set) {
  const ExampleCounts& counts = statistics.counts;
  const std::uint64_t rejected = counts.rejections();
  std::string text = fmt::format("'{}', {} examples\n\n", set.name, counts.examples);
  const auto line = [&](const char* title, const std::string& value) {
    text += fmt::format("{:<18}  {}\n", title, value);
  };
  line("thrown away", rejected == 0 ? "none"
                                    : fmt::format("{} of {} draws: {}", percent(rejected, counts.examples + rejected),
                                                  counts.examples + rejected, rejection_reasons(counts, data.limits)));
  line("different inputs",
       fmt::format("{} ({})", statistics.different_inputs, percent(statistics.different_inputs, counts.examples)));
  line("different examples",
       fmt::format("{} ({})", statistics.different_examples, percent(statistics.different_examples, counts.examples)));
  if (counts.sources_out_of_range > 0) {
    line("beyond encoding", fmt::format("{} of the inputs", percent(counts.sources_out_of_range, counts.examples)));
  }
  if (counts.targets_not_decodable > 0) {
    line("not decodable",
         fmt::format("{} of the targets have more than evaluation.max_output_len = {} tokens",
                     percent(counts.targets_not_decodable, counts.examples), data.limits.max_output_len));
  }
  line("classes", shares(statistics.classes));
  line("inputs", shares(statistics.input.shapes));
  line("targets", shares(statistics.target.shapes));
  line("zeros", fmt::format("{} of the inputs' coefficients, {} of the targets'",
                            percent(statistics.input.zeros, statistics.input.coefficients.count),
                            percent(statistics.target.zeros, statistics.target.coefficients.count)));
  if (const std::string right = right_targets_text(statistics); !right.empty()) {
    line("rounded targets", fmt::format("{} (the rest count as right token by token only)", right));
  }
  line("input tokens", token_shares(statistics.input, *data.vocabulary));
  line("target tokens", token_shares(statistics.target, *data.vocabulary));

  std::vector<TextTable::Column> columns = {{"", TextTable::Align::left}};
  for (const char* title : {"minimum", "5%", "25%", "median", "75%", "95%", "maximum", "mean"}) {
    columns.push_back({title, TextTable::Align::right});
  }
  TextTable table(columns);
  add_row(table, "input coefficient", statistics.input.coefficients);
  add_row(table, "target coefficient", statistics.target.coefficients);
  add_row(table, "input length", statistics.input.lengths);
  add_row(table, "target length", statistics.target.lengths);
  return text + "\n" + table.text();
}

void describe_data(const DataArguments& arguments) {
  const Experiment experiment = arguments.experiment.read(arguments.config);
  PluginLoader loader = arguments.experiment.plugins(experiment, arguments.config);
  const ExperimentData data = make_experiment_data(experiment, loader);
  const DataSet& set = data.find(arguments.set_name);
  const DataStatistics statistics = data_statistics(data, set, experiment.evaluation, arguments.first, arguments.count);
  if (statistics.counts.examples == 0) {
    throw Error(fmt::format("the data set '{}' has no example {}", set.name, arguments.first));
  }
  if (arguments.json) {
    std::cout << to_json(statistics, *data.vocabulary).dump() << std::endl;
  } else {
    std::cout << statistics_text(statistics, data, set) << std::flush;
  }
}

}  // namespace

void add_data_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "data", "Describes the examples of an experiment: shapes, numbers, tokens, losses, repetition");
  command->footer("Example: matseq data configs/quickstart.toml --count 100000");
  const auto arguments = std::make_shared<DataArguments>();
  command->add_option("config", arguments->config, "the experiment's TOML file, or a run's config.toml")->required();
  const CLI::Range example_numbers(std::int64_t{0}, std::numeric_limits<std::int64_t>::max() - 1);
  command->add_option("--count", arguments->count, "how many examples (default: 10000)")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40));
  command->add_option("--first", arguments->first, "number of the first one, counted from 0 (default: 0)")
      ->check(example_numbers);
  command->add_option("--set-name", arguments->set_name, "train, valid or a further test set's name (default: train)");
  command->add_flag("--json", arguments->json, "print one line of JSON, with the counts of all tokens");
  arguments->experiment.add_to(*command, "table.key=value, instead of what the file says");
  command->callback([arguments] { describe_data(*arguments); });
}

}  // namespace matseq
