/// \file
/// The commands that need LibTorch, in a library of their own: loading LibTorch takes a third of a second, which
/// the others do without.
#pragma once

#include <CLI/CLI.hpp>

namespace matseq {

void add_training_commands(CLI::App& app);    ///< train
void add_evaluation_commands(CLI::App& app);  ///< eval
void add_prediction_commands(CLI::App& app);  ///< predict
void add_reference_commands(CLI::App& app);   ///< import
void add_export_commands(CLI::App& app);      ///< export

}  // namespace matseq
