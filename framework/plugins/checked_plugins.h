/// \file
/// Plugins' objects within others that hold them to their interfaces' contracts.
#pragma once

#include <memory>

#include "matseq/encoder.h"
#include "matseq/schedule.h"
#include "matseq/task.h"
#include "plugins/plugin_origin.h"

namespace matseq {

// Each returns an object of the same interface that asks the plugin's, checks every answer at little cost, and throws
// Error that names the plugin, what it did and what is right. What is asked once, such as a task's codes, is checked
// here. Further parameters are what the interface's factory gets. For models and optimizers:
// plugins/tensors/checked_plugins.h.

std::unique_ptr<Task> checked(std::unique_ptr<Task> task, const PluginOrigin& origin, const PluginHost& host);
std::unique_ptr<Encoder> checked(std::unique_ptr<Encoder> encoder, const PluginOrigin& origin);
std::unique_ptr<Schedule> checked(std::unique_ptr<Schedule> schedule, const PluginOrigin& origin);

}  // namespace matseq
