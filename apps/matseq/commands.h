/// \file
/// The subcommands of the executable, by what they are about.
#pragma once

#include <CLI/CLI.hpp>

namespace matseq {

void add_token_commands(CLI::App& app);       ///< encode, decode, vocabulary, score
void add_plugin_commands(CLI::App& app);      ///< plugins
void add_experiment_commands(CLI::App& app);  ///< generate, schedule, convert-flags
void add_settings_command(CLI::App& app);     ///< settings
void add_analysis_commands(CLI::App& app);    ///< analyze
void add_report_command(CLI::App& app);       ///< report
void add_show_command(CLI::App& app);         ///< show

}  // namespace matseq
