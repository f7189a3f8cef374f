/// \file
/// The files that a new plugin of one's own begins with.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "matseq/plugin.h"

namespace matseq {

/// The files of a plugin of this kind and name, by their paths within its folder. `name` is lower case letters, digits
/// and '_', a letter first.
std::map<std::filesystem::path, std::string> plugin_skeleton(PluginKind kind, const std::string& name);

}  // namespace matseq
