/// \file
/// The arguments of commands that train: an experiment's file or a run to continue, and where.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

#include "experiment_arguments.h"

namespace matseq {

struct TrainArguments {
  std::string config;
  ExperimentArguments experiment;
  std::string run;

  void add_to(CLI::App& command) {
    command.add_option("config", config, "the experiment's TOML file, or a run's folder to continue")->required();
    experiment.add_to(command, "table.key=value, instead of what the file says");
    command.add_option("--run", run, "the run's folder (default: runs/NAME of the file)");
  }

  bool is_run() const { return std::filesystem::is_directory(config); }
  std::filesystem::path file() const {
    return is_run() ? std::filesystem::path(config) / "config.toml" : std::filesystem::path(config);
  }
  std::filesystem::path folder() const {
    if (!run.empty()) return run;
    return is_run() ? std::filesystem::path(config) : std::filesystem::path("runs") / file().stem();
  }
};

}  // namespace matseq
