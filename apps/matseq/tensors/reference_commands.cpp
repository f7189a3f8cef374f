#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <string>

#include "plugins/plugin_loader.h"
#include "reference/tensors/reference_run.h"
#include "remarks.h"
#include "tensor_commands.h"

namespace matseq {
namespace {

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

}  // namespace

void add_reference_commands(CLI::App& app) { add_import(app); }

}  // namespace matseq
