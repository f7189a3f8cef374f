/// \file
/// Trains the model of an experiment in a run folder.
#pragma once

#include <filesystem>

#include "configuration/experiment.h"
#include "plugins/plugin_loader.h"
#include "training/trainer.h"

namespace matseq {

/// Trains until max_epoch, the stopping criterion, or SIGINT or SIGTERM, which saves first. Continues where the
/// folder's checkpoint stands, if it has one; a run that is finished under these settings is left alone.
TrainingOutcome train(const Experiment& experiment, PluginLoader& loader, const std::filesystem::path& folder);

}  // namespace matseq
