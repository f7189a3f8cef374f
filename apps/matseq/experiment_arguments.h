/// \file
/// The arguments of every command that takes an experiment: its file or run, changes to it, and whose plugins may run.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "configuration/experiment.h"
#include "configuration/experiment_plugins.h"
#include "reference/optimizer_spec.h"

namespace matseq {

struct ExperimentArguments {
  std::vector<std::string> overrides;
  bool trust_plugins = false;

  void add_to(CLI::App& command, const std::string& about_overrides) {
    command.add_option("--set", overrides, about_overrides + " (may be given several times)")->allow_extra_args(false);
    add_trust_to(command);
  }

  void add_trust_to(CLI::App& command) {
    command.add_flag("--trust-plugins", trust_plugins,
                     "run the code in the plugin folders that a run's config.toml names, as an experiment file's is");
  }

  /// An experiment file, or a run's config.toml.
  Experiment read(const std::filesystem::path& file, const std::vector<std::string>& more_overrides = {}) const {
    std::vector<std::string> all = overrides;
    all.insert(all.end(), more_overrides.begin(), more_overrides.end());
    return read_experiment(file, all, reference_shorthands());
  }

  PluginLoader plugins(const Experiment& experiment, const std::filesystem::path& file) const {
    return experiment_plugins(experiment, trust_plugins || !is_run_configuration(file));
  }
};

}  // namespace matseq
