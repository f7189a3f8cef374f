/// \file
/// As plugins/checked_plugins.h, of the measures that a task has.
#pragma once

#include <memory>

#include "matseq/measures.h"
#include "plugins/plugin_origin.h"

namespace matseq {

std::unique_ptr<const Measures> checked(std::unique_ptr<const Measures> measures, const PluginOrigin& origin);

}  // namespace matseq
