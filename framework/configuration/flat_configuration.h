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

}  // namespace matseq
