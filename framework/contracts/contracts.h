/// \file
/// The contract of each kind of plugin, as checks of what the loader's wrappers cannot see in passing: that calls agree
/// with each other.
#pragma once

#include "contracts/contract_list.h"
#include "matseq/parameter.h"
#include "plugins/plugin_loader.h"

namespace matseq {

/// A plugin and the table to make its objects with.
struct CheckedPlugin {
  PluginLoader& loader;
  const PluginLibrary& library;
  ParameterTable table;

  /// The same settings with every default written out, as a run's config.toml has them.
  ParameterTable complete_table() const;
};

// Each adds the checks of its kind; objects are made anew from the plugin where a check needs several.

void check_schema_contract(ContractList& list, const CheckedPlugin& plugin);
void check_task_contract(ContractList& list, const CheckedPlugin& plugin);
void check_encoder_contract(ContractList& list, const CheckedPlugin& plugin);
void check_schedule_contract(ContractList& list, const CheckedPlugin& plugin);

}  // namespace matseq
