/// \file
/// Which settings of a run may change when it is continued.
#pragma once

#include <string>

#include "configuration/setting_defaults.h"

namespace matseq {

/// What keeps a run with the resolved configuration `existing` from being continued under `wanted`: empty when nothing
/// does. How long, where and how often it trains, logs, saves and evaluates may differ, and where its data file lies
/// (that it is the same is seen by its content) and its plugins. Everything else may not, in neither direction: a key
/// that only one of the two has is a difference, too, unless the other's value is its default.
std::string continuation_conflict(const std::string& existing, const std::string& wanted,
                                  const SettingDefaults& defaults);

}  // namespace matseq
