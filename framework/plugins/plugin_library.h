/// \file
/// One plugin library, opened and checked.
#pragma once

#include <filesystem>
#include <string>

#include "matseq/plugin.h"
#include "plugins/plugin_origin.h"

namespace matseq {

/// A loaded plugin. What the library said of itself has been checked and copied.
struct PluginLibrary {
  std::filesystem::path file;
  PluginKind kind = PluginKind::task;
  std::string name;
  std::string version;
  std::string description;
  std::string toolchain;
  ParameterSchema schema;
  void (*create)() = nullptr;

  /// "task 'eigenvalues'", for messages.
  std::string title() const;
  PluginOrigin origin() const { return {file, title()}; }
};

/// Opens a library. Before it is loaded, the file is found to be whole, and its descriptor's ABI version and
/// fingerprint to be ours. Throws Error that names the file and the reason when it is missing, not a library, not a
/// plugin, built for another matseq, or describes itself wrongly. The library stays loaded until the process ends: code
/// and data that it gave away can never dangle.
PluginLibrary open_plugin(const std::filesystem::path& file);

}  // namespace matseq
