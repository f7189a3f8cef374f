/// \file
/// Tasks by name, for what looks at predictions.
#pragma once

#include <memory>
#include <string>

#include "matseq/task.h"
#include "plugins/plugin_loader.h"

namespace matseq {

/// The task whose predictions these are; null, with a remark on standard error, where this machine does not have it.
std::unique_ptr<const Task> named_task(PluginLoader& loader, const std::string& name);

}  // namespace matseq
