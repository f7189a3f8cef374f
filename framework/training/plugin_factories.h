/// \file
/// Makes the plugins whose interfaces have tensors.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "matseq/model.h"
#include "matseq/optimizer.h"
#include "plugins/plugin_loader.h"
#include "plugins/tensors/checked_plugins.h"

namespace matseq {

/// A model with fresh initial values from LibTorch's default generator, float32 on the CPU.
inline std::unique_ptr<Model> make_model(PluginLoader& loader, const std::string& name, const ParameterTable& table,
                                         const ModelSetup& setup) {
  return loader.make<Model>(name, table, setup);
}

/// An optimizer of these parameters, with fresh state.
inline std::unique_ptr<Optimizer> make_optimizer(PluginLoader& loader, const std::string& name,
                                                 const ParameterTable& table,
                                                 const std::vector<TrainedTensor>& trained) {
  return loader.make<Optimizer>(name, table, trained);
}

}  // namespace matseq
