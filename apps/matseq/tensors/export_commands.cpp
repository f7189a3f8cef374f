#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <string>

#include "../experiment_arguments.h"
#include "reference/tensors/reference_run.h"
#include "remarks.h"
#include "run/tensors/model_copy.h"
#include "tensor_commands.h"

namespace matseq {
namespace {

struct ExportArguments {
  std::string run;
  std::string weights = "model";
  std::string output;
  std::string kind = "reference";
  ExperimentArguments experiment;
};

void write_export(const ExportArguments& arguments) {
  if (arguments.kind == "model") {
    copy_model(RunFolder(arguments.run), arguments.weights, arguments.output);
    std::cout << fmt::format("{0}: written; `matseq predict {0}` asks it\n", arguments.output);
    return;
  }
  print_remarks(
      export_reference(arguments.run, arguments.weights, arguments.output, arguments.experiment.trust_plugins));
  std::cout << fmt::format("{}: written\n", arguments.output);
}

}  // namespace

void add_export_commands(CLI::App& app) {
  CLI::App* command = app.add_subcommand("export",
                                         "Writes a run's model for others: as a checkpoint that the reference system "
                                         "loads (*.pth), or as a small folder\n"
                                         "that `matseq predict` and `matseq eval` take: configuration, weights in "
                                         "float16, metrics.");
  command->footer("Example: matseq export runs/quickstart --as model -o models/transpose");
  const auto arguments = std::make_shared<ExportArguments>();
  command->add_option("run", arguments->run, "the run's folder")->required();
  command->add_option("-o,--output", arguments->output, "the file, or new folder, to write")->required();
  command->add_option("--as", arguments->kind, "reference or model (default: reference)")
      ->check(CLI::IsMember({"reference", "model"}));
  command->add_option("--checkpoint", arguments->weights, "model, ema, best-METRIC or epoch-N (default: model)");
  arguments->experiment.add_trust_to(*command);
  command->callback([arguments] { write_export(*arguments); });
}

}  // namespace matseq
