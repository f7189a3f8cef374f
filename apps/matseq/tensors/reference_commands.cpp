#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "../experiment_arguments.h"
#include "matseq/printable.h"
#include "plugins/plugin_loader.h"
#include "reference/tensors/reference_run.h"
#include "tensor_commands.h"

namespace matseq {
namespace {

constexpr std::size_t longest_remark = 1000;

void print_remarks(const std::vector<std::string>& remarks) {
  for (const std::string& remark : remarks) std::cerr << "note: " << printable(remark, longest_remark) << "\n";
}

void add_import(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "import", "Makes a run of a checkpoint of the reference system (*.pth), to evaluate or to train on");
  command->footer("Example: matseq import reference.pth -o runs/theirs");
  struct Arguments {
    std::string checkpoint;
    std::string run;
  };
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("checkpoint", arguments->checkpoint, "the checkpoint; nothing in it is executed")->required();
  command->add_option("-o,--output", arguments->run, "the new run's folder")->required();
  command->callback([arguments] {
    PluginLoader loader;
    print_remarks(import_reference(arguments->checkpoint, arguments->run, loader));
    std::cout << fmt::format("{0}: imported; `matseq eval {0}` evaluates it, `matseq train {0}` trains it further\n",
                             arguments->run);
  });
}

void add_export(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("export", "Writes a run as a checkpoint that the reference system loads (*.pth)");
  command->footer("Example: matseq export runs/quickstart -o checkpoint.pth");
  struct Arguments {
    std::string run;
    std::string weights = "model";
    std::string checkpoint;
    ExperimentArguments experiment;
  };
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("run", arguments->run, "the run's folder")->required();
  command->add_option("-o,--output", arguments->checkpoint, "the file to write")->required();
  command->add_option("--checkpoint", arguments->weights, "model, best-METRIC or epoch-N (default: model)");
  arguments->experiment.add_trust_to(*command);
  command->callback([arguments] {
    print_remarks(export_reference(arguments->run, arguments->weights, arguments->checkpoint,
                                   arguments->experiment.trust_plugins));
    std::cout << fmt::format("{}: written\n", arguments->checkpoint);
  });
}

}  // namespace

void add_reference_commands(CLI::App& app) {
  add_import(app);
  add_export(app);
}

}  // namespace matseq
