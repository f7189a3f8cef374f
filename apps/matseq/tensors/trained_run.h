/// \file
/// A run's model, ready to be asked, with the data that it was trained on.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../experiment_arguments.h"
#include "data/experiment_data.h"
#include "device/device.h"
#include "matseq/model.h"
#include "plugins/plugin_loader.h"
#include "run/run_folder.h"

namespace matseq {

/// What a command needs of a run to use its model.
struct TrainedRun {
  Experiment experiment;  ///< with the command line's changes
  std::unique_ptr<PluginLoader> loader;
  ExperimentData data;
  Computation computation;
  std::unique_ptr<Model> model;  ///< on the computation's device
};

/// Loads the weights `checkpoint` of a run: "model", "best-METRIC", "epoch-N". `overrides` come on top of the
/// arguments'. `check` looks at the data before the model, which takes longer, is loaded. Throws Error for what is no
/// run and for weights that are not there.
TrainedRun load_trained_run(
    const std::string& run, const std::string& checkpoint, const ExperimentArguments& arguments,
    const std::vector<std::string>& overrides,
    const std::function<void(const ExperimentData&)>& check = [](const ExperimentData&) {});

}  // namespace matseq
