/// \file
/// A run's configuration as a flat list, read as it stands.
#pragma once

#include <filesystem>
#include <string>

#include "configuration/flat_configuration.h"

namespace matseq {

/// Throws Error when the file cannot be read or is no TOML.
FlatSettings read_flat_settings(const std::filesystem::path& file);

/// A setting's text without the quotes of a string; empty when it is not set.
std::string setting_text(const FlatSettings& settings, const std::string& key);

}  // namespace matseq
