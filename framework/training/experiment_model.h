/// \file
/// The model that an experiment describes.
#pragma once

#include <cstdint>
#include <memory>

#include "configuration/experiment.h"
#include "matseq/model.h"
#include "plugins/plugin_loader.h"

namespace matseq {

/// What an experiment's model is made for, with this many tokens.
ModelSetup model_setup(const Experiment& experiment, std::int64_t tokens);

/// The model of an experiment with fresh initial values on the CPU, drawn with the experiment's seed.
std::unique_ptr<Model> make_experiment_model(const Experiment& experiment, const ModelSetup& setup,
                                             PluginLoader& loader);

}  // namespace matseq
