#include "trained_run.h"

#include <fmt/format.h>

#include <iostream>
#include <utility>

#include "configuration/experiment.h"
#include "matseq/error.h"
#include "matseq/printable.h"
#include "run/tensors/checkpoint.h"
#include "training/experiment_model.h"

namespace matseq {

TrainedRun load_trained_run(const std::string& run, const std::string& checkpoint, const ExperimentArguments& arguments,
                            const std::vector<std::string>& overrides,
                            const std::function<void(const ExperimentData&)>& check) {
  const RunFolder folder(run);
  if (!std::filesystem::exists(folder.config())) {
    throw Error(fmt::format("{}: {}", printable(run),
                            std::filesystem::exists(run) ? "this is no run: it has no config.toml"
                                                         : "there is no such folder; a run's is wanted"));
  }
  const Experiment trained = read_experiment(folder.config(), {});
  Experiment experiment = arguments.read(folder.config(), overrides);
  auto loader = std::make_unique<PluginLoader>(experiment_plugins(experiment, arguments.trust_plugins));
  ExperimentData data = make_experiment_data(experiment, *loader);
  check(data);
  std::string warning;
  const Computation computation = computation_to_evaluate(experiment, warning);
  if (!warning.empty()) std::cerr << "warning: " << warning << "\n";
  set_threads(experiment.training.threads);
  // Made as it was trained, whatever lengths are asked for now.
  std::unique_ptr<Model> model = make_experiment_model(
      experiment, model_setup(trained, static_cast<std::int64_t>(data.vocabulary->size())), *loader);
  load_weights(folder, checkpoint, *model);
  model->module().to(computation.device);
  return {std::move(experiment), std::move(loader), std::move(data), computation, std::move(model)};
}

}  // namespace matseq
