/// \file
/// As plugins/checked_plugins.h, of the interfaces that have tensors.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "matseq/model.h"
#include "matseq/optimizer.h"
#include "plugins/plugin_origin.h"

namespace matseq {

/// Looks at shapes, types and devices only, so that nothing waits for a device; has it try a small batch now.
std::unique_ptr<Model> checked(std::unique_ptr<Model> model, const PluginOrigin& origin, const ModelSetup& setup);

/// Looks at the state's names and tensors now, and whenever it is asked for. `parameters`: the names of those it
/// trains.
std::unique_ptr<Optimizer> checked_optimizer(std::unique_ptr<Optimizer> optimizer, const PluginOrigin& origin,
                                             std::set<std::string> parameters);

/// `trained` is what the optimizer's constructor was given.
template <typename Trained>
std::unique_ptr<Optimizer> checked(std::unique_ptr<Optimizer> optimizer, const PluginOrigin& origin,
                                   const Trained& trained) {
  std::set<std::string> parameters;
  for (const auto& parameter : trained) parameters.insert(parameter.name);
  return checked_optimizer(std::move(optimizer), origin, std::move(parameters));
}

}  // namespace matseq
