/// \file
/// Runs of the reference system as run folders, and back (spec section 4).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "plugins/plugin_loader.h"

namespace matseq {

/// Makes a run folder of a reference checkpoint: its settings as config.toml, its weights, the optimizer's state where
/// the file has one, and its counters, so that the run can be evaluated and trained on. The file counts as saved at
/// the end of its epoch, as the reference does. What is best so far is not taken over. Returns what could not be
/// carried over, one remark each. Throws Error when the file is no such checkpoint, does not fit its own settings, or
/// `folder` holds a run already.
std::vector<std::string> import_reference(const std::filesystem::path& checkpoint, const std::filesystem::path& folder,
                                          PluginLoader& loader);

/// Writes weights of a run ("model", "best-METRIC", "epoch-N") as a checkpoint that the reference loads; "model" with
/// the optimizer's state where the reference has such an optimizer. Position tables get the reference's 4096 rows,
/// those that the run has no use for zero. `trust_plugins`: as in `experiment_plugins`. Returns remarks. Throws Error
/// when the reference has no such task, encoding or model.
std::vector<std::string> export_reference(const std::filesystem::path& folder, const std::string& weights,
                                          const std::filesystem::path& checkpoint, bool trust_plugins);

}  // namespace matseq
