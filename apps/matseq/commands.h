/// \file
/// The subcommands of the executable, by what they are about.
#pragma once

#include <CLI/CLI.hpp>

namespace matseq {

void add_token_commands(CLI::App& app);       ///< encode, decode, vocabulary, score
void add_plugin_commands(CLI::App& app);      ///< plugins
void add_experiment_commands(CLI::App& app);  ///< generate, schedule
void add_analysis_commands(CLI::App& app);    ///< analyze

}  // namespace matseq
