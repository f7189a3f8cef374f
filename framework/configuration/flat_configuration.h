/// \file
/// A configuration as a flat list, to show and to compare.
#pragma once

#include <map>
#include <string>

namespace matseq {

/// "optimizer.learning_rate" -> "0.001": every value of a configuration, as TOML writes it. Tables within lists are one
/// value.
using FlatSettings = std::map<std::string, std::string>;

/// The flat settings of a resolved experiment. Throws Error, with the name, when it is no TOML.
FlatSettings flat_configuration(const std::string& resolved, const std::string& name);

/// The framework's own settings that have a default, with it.
const FlatSettings& framework_defaults();

/// With the framework's defaults for what is not in it, as in what was written before matseq knew a setting.
FlatSettings with_framework_defaults(FlatSettings settings);

/// A setting's text without the quotes of a string; empty when it is not set.
std::string setting_text(const FlatSettings& settings, const std::string& key);

}  // namespace matseq
