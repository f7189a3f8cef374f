/// \file
/// The framework's own tables of an experiment file. A new setting is a member of a struct in experiment.h and an entry
/// here; parsing, config.toml, `matseq help` and continuing a run follow.
#pragma once

#include <string>
#include <vector>

#include "configuration/experiment.h"
#include "configuration/settings_table.h"

namespace matseq {

const SettingsTable<EncodingConfiguration>& encoding_settings();
const SettingsTable<DataConfiguration>& data_settings();
const SettingsTable<TrainingConfiguration>& training_settings();
const SettingsTable<EvaluationConfiguration>& evaluation_settings();

/// A setting without its struct, for what treats all tables alike.
struct FrameworkSetting {
  std::string table;
  Parameter parameter;
  bool changeable = false;  ///< a run may be continued with another value
  bool path = false;        ///< names a file
};

/// All of them, table by table.
const std::vector<FrameworkSetting>& framework_settings();

/// Whether a run may be continued with another value of a key of a table; keys of plugins may not change.
bool is_changeable(const std::string& table, const std::string& key);

}  // namespace matseq
