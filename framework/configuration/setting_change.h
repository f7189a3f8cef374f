/// \file
/// In what two configurations differ.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "configuration/flat_configuration.h"
#include "configuration/setting_defaults.h"

namespace matseq {

/// A key in which two configurations differ, with both values as TOML, for messages.
struct SettingChange {
  std::string key;
  std::string before;  ///< "not set" when it was not, and has no default
  std::string after;
};

/// Whether a difference counts.
using CountsAsChange = std::function<bool(const SettingChange&)>;

/// The first key whose values differ in a way that counts; what one of the two lacks has its default. None when they
/// are the same.
std::optional<SettingChange> first_change(const FlatSettings& before, const FlatSettings& after,
                                          const SettingDefaults& defaults, const CountsAsChange& counts = nullptr);

}  // namespace matseq
