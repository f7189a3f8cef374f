/// \file
/// A run's configuration as a flat list, to show and to compare.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace matseq {

/// "optimizer.learning_rate" -> "0.001": every value of a configuration, as TOML writes it. Tables within lists are one
/// value.
using FlatSettings = std::map<std::string, std::string>;

/// Throws Error when the file cannot be read or is no TOML.
FlatSettings read_flat_settings(const std::filesystem::path& file);

/// A setting's text without the quotes of a string; empty when it is not set.
std::string setting_text(const FlatSettings& settings, const std::string& key);

}  // namespace matseq
