/// \file
/// Trains the model of an experiment in a run folder (spec section 6).
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "configuration/experiment.h"
#include "data/experiment_data.h"
#include "evaluation/accuracy.h"
#include "matseq/model.h"
#include "matseq/optimizer.h"
#include "matseq/schedule.h"
#include "plugins/plugin_loader.h"

namespace matseq {

/// What an experiment's model is made for, with this many tokens.
ModelSetup model_setup(const Experiment& experiment, std::int64_t tokens);

/// The model of an experiment with fresh initial values on the CPU, drawn with the experiment's seed.
std::unique_ptr<Model> make_experiment_model(const Experiment& experiment, const ModelSetup& setup,
                                             PluginLoader& loader);

struct TrainingOutcome {
  bool interrupted = false;         ///< stopped by a signal; the run can be continued
  std::vector<TestResult> results;  ///< of the last evaluation
};

/// Trains until max_epoch, the stopping criterion, or SIGINT or SIGTERM, which saves first. Continues where the
/// folder's checkpoint stands, if it has one.
TrainingOutcome train(const Experiment& experiment, PluginLoader& loader, const std::filesystem::path& folder);

}  // namespace matseq
