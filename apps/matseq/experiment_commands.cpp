#include <fmt/format.h>

#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "configuration/experiment.h"
#include "data/data_check.h"
#include "data/experiment_data.h"
#include "experiment_arguments.h"
#include "generate_command.h"
#include "matseq/error.h"
#include "plugins/plugin_loader.h"
#include "reference/reference_flags.h"

namespace matseq {
namespace {

struct GenerateArguments {
  std::string config;
  ExperimentArguments experiment;
  std::uint64_t count = 0;
  std::uint64_t first = 0;
  std::string set_name = "train";
  std::string format = "tokens";
  std::int64_t workers = -1;
};

void generate(const GenerateArguments& arguments) {
  const Experiment experiment = arguments.experiment.read(arguments.config);
  PluginLoader loader = arguments.experiment.plugins(experiment, arguments.config);
  const ExperimentData data = make_experiment_data(experiment, loader);
  GenerateOptions options;
  options.first = arguments.first;
  options.count = arguments.count;
  options.matrices = arguments.format == "matrices";
  options.workers = static_cast<std::size_t>(arguments.workers >= 0 ? arguments.workers : experiment.data.workers);
  const DataSet& set = data.find(arguments.set_name);
  check_data_set(set, data.limits, Targets::not_decoded);
  const ExampleCounts counts = generate_examples(set, *data.vocabulary, experiment.task.plugin, options, std::cout);
  for (const std::string& remark : data_remarks(set.name, counts, data.limits))
    std::cerr << "warning: " << remark << "\n";
}

void add_generate(CLI::App& app) {
  // CLI11 reads numbers that are too large as the largest there is, which this refuses.
  const CLI::Range example_numbers(std::int64_t{0}, std::numeric_limits<std::int64_t>::max() - 1);
  CLI::App* command = app.add_subcommand("generate", "Writes examples of an experiment to standard output, one a line");
  command->footer("Example: matseq generate configs/quickstart.toml --count 3 --format matrices");
  const auto arguments = std::make_shared<GenerateArguments>();
  command->add_option("config", arguments->config, "the experiment's TOML file")->required();
  command->add_option("--count", arguments->count, "how many examples")->required()->check(example_numbers);
  command->add_option("--first", arguments->first, "number of the first one, counted from 0 (default: 0)")
      ->check(example_numbers);
  command->add_option("--set-name", arguments->set_name, "train, valid or a further test set's name (default: train)");
  command
      ->add_option("--format", arguments->format,
                   "tokens: input, TAB, target; matrices: JSON lines with task, source, target (default: tokens)")
      ->check(CLI::IsMember({"tokens", "matrices"}));
  command->add_option("--workers", arguments->workers, "threads; the output does not depend on them (default: 2)")
      ->check(CLI::Range(0, 256));
  arguments->experiment.add_to(*command, "table.key=value, instead of what the file says");
  command->callback([arguments] { generate(*arguments); });
}

void add_schedule(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("schedule", "Prints the learning rates of updates 0, 1, 2, ... of an experiment, one a line");
  command->footer("Example: matseq schedule configs/quickstart.toml --updates 5");
  struct Arguments {
    std::string config;
    std::int64_t updates = 0;
    ExperimentArguments experiment;
  };
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("config", arguments->config, "the experiment's TOML file")->required();
  command->add_option("--updates", arguments->updates, "of how many updates")
      ->required()
      ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()));
  arguments->experiment.add_to(*command, "table.key=value, instead of what the file says");
  command->callback([arguments] {
    const Experiment experiment = arguments->experiment.read(arguments->config);
    PluginLoader loader = arguments->experiment.plugins(experiment, arguments->config);
    const std::unique_ptr<Schedule> schedule =
        loader.make_schedule(experiment.schedule.plugin, experiment.schedule.table);
    const PluginLibrary& optimizer = loader.library(PluginKind::optimizer, experiment.optimizer.plugin);
    const double base_rate =
        Parameters::check(optimizer.schema, experiment.optimizer.table, optimizer.title()).real("learning_rate");
    for (std::int64_t update = 0; update < arguments->updates; ++update) {
      std::cout << fmt::format("{}\n", schedule->rate(update, base_rate));
    }
    std::cout.flush();
  });
}

/// What is written must be accepted; places in it would mean nothing to a user who has only the flags.
void check_converted(const std::string& text) {
  try {
    read_experiment(parse_toml(text, "line", {}), ".");
  } catch (const Error& error) {
    throw Error(fmt::format("the flags describe an experiment that matseq does not accept: {}", error.what()));
  }
}

void add_convert_flags(CLI::App& app) {
  CLI::App* command = app.add_subcommand("convert-flags",
                                         "Prints the experiment's TOML file for the command-line flags of a run of the "
                                         "reference system");
  command->footer("Example: matseq convert-flags \"--operation eigenvalues --n_enc_layers 6\" > my.toml");
  command->prefix_command();  // the flags are not matseq's own options
  command->callback([command] {
    const std::vector<std::string> flags = command->remaining();
    if (flags.empty()) throw CLI::ParseError("the reference's flags are missing", CLI::ExitCodes::RequiredError);
    const std::string text = to_toml(convert_reference_settings(parse_reference_flags(flags)));
    check_converted(text);
    std::cout << text << std::flush;
  });
}

}  // namespace

void add_experiment_commands(CLI::App& app) {
  add_generate(app);
  add_schedule(app);
  add_convert_flags(app);
}

}  // namespace matseq
