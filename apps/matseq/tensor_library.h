/// \file
/// What the executable and the library of commands with tensors know of each other.
#pragma once

#include <CLI/CLI.hpp>

/// Adds train, eval, predict, import and export. The executable finds it by its name.
extern "C" __attribute__((visibility("default"))) void matseq_add_tensor_commands(CLI::App& app);

namespace matseq {

/// Loads the library and adds its commands. Throws Error when it cannot be loaded.
void add_tensor_commands(CLI::App& app);

}  // namespace matseq
