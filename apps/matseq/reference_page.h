/// \file
/// docs/configuration.md: everything that an experiment file may hold.
#pragma once

#include <string>
#include <vector>

#include "plugins/plugin_library.h"

namespace matseq {

/// The page as Markdown: the framework's tables, then those of the plugins, by kind and name.
std::string reference_page(const std::vector<PluginLibrary>& plugins);

}  // namespace matseq
