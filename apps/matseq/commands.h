/// \file
/// The subcommands of the executable, by what they are about.
#pragma once

#include <CLI/CLI.hpp>

namespace matseq {

void add_data_command(CLI::App& app);              ///< data
void add_token_commands(CLI::App& app);            ///< encode, decode, vocabulary, score
void add_plugin_commands(CLI::App& app);           ///< plugins
void add_experiment_commands(CLI::App& app);       ///< generate, schedule, convert-flags
void add_help_command(CLI::App& app);              ///< help
void add_analysis_commands(CLI::App& app);         ///< analyze
void add_doctor_command(CLI::App& app);            ///< doctor
void add_completion_command(CLI::App& app);        ///< completion: of all commands that the app has when it runs
void add_sweep_command(CLI::App& app);             ///< sweep
void add_launch_command(CLI::App& app);            ///< launch
void add_check_command(CLI::App& app);             ///< check
void add_new_command(CLI::App& app);               ///< new
void add_compare_command(CLI::App& app);           ///< compare
void add_inspect_encoding_command(CLI::App& app);  ///< inspect-encoding
void add_report_command(CLI::App& app);            ///< report
void add_show_command(CLI::App& app);              ///< show

}  // namespace matseq
