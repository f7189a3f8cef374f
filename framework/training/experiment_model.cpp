#include "training/experiment_model.h"

#include <algorithm>

#include "training/plugin_factories.h"

namespace matseq {

ModelSetup model_setup(const Experiment& experiment, std::int64_t tokens) {
  ModelSetup setup;
  setup.vocabulary_size = tokens;
  setup.longest_source = experiment.data.max_len + 1;
  setup.longest_target = std::max(experiment.data.max_len + 1, experiment.evaluation.max_output_len + 2);
  return setup;
}

std::unique_ptr<Model> make_experiment_model(const Experiment& experiment, const ModelSetup& setup,
                                             PluginLoader& loader) {
  torch::manual_seed(experiment.data.seed);
  return make_model(loader, experiment.model.plugin, experiment.model.table, setup);
}

}  // namespace matseq
