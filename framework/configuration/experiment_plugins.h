/// \file
/// Whose plugins an experiment may run. A plugin is a library, and loading it runs its code.
#pragma once

#include <filesystem>

#include "configuration/experiment.h"
#include "plugins/plugin_loader.h"

namespace matseq {

/// True for the config.toml of a run's folder, which may have come from someone else: beside it stands what training
/// writes. An experiment file is the user's own.
bool is_run_configuration(const std::filesystem::path& file);

/// The loader of an experiment's plugins. It looks into the folders that `plugin_path` names when the experiment is
/// `trusted` or they were named on the command line; otherwise only into those of MATSEQ_PLUGIN_PATH and of the
/// installation, and when a plugin is missing there, the message says how to trust the others.
PluginLoader experiment_plugins(const Experiment& experiment, bool trusted);

}  // namespace matseq
