#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "../train_arguments.h"
#include "configuration/experiment.h"
#include "slurm/slurm_job.h"
#include "tensor_commands.h"
#include "threads/stop_request.h"
#include "training/training_run.h"

namespace matseq {
namespace {

void add_train(CLI::App& app) {
  CLI::App* command = app.add_subcommand("train", "Trains the model of an experiment; continues a run that has begun");
  command->footer("Example: matseq train configs/quickstart.toml --set optimizer.learning_rate=1e-3 --run runs/first");
  const auto arguments = std::make_shared<TrainArguments>();
  arguments->add_to(*command);
  command->callback([arguments] {
    const std::filesystem::path config = arguments->file(), folder = arguments->folder();
    const Experiment experiment = arguments->experiment.read(config);
    PluginLoader loader = arguments->is_run() ? experiment_plugins(experiment, arguments->experiment.trust_plugins)
                                              : arguments->experiment.plugins(experiment, config);
    const TrainingOutcome outcome = train(experiment, loader, folder);
    if (outcome.interrupted) {
      requeue_if_time_is_up();
      throw Stopped();
    }
    if (experiment.training.max_epoch == 0) {
      std::cout << fmt::format("{}: nothing is trained, since training.max_epoch is 0; the model is saved as it was\n",
                               folder.string());
    } else if (outcome.results.empty()) {
      std::cout << fmt::format("{}: this run is finished; `matseq eval {}` evaluates it\n", folder.string(),
                               folder.string());
    }
  });
}

}  // namespace

void add_training_commands(CLI::App& app) { add_train(app); }

}  // namespace matseq
