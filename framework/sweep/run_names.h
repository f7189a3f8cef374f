/// \file
/// Names of a sweep's runs, which are their folders': short, and the same when runs are added.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sweep/sweep_setting.h"

namespace matseq {

/// "optimizer.learning_rate" -> "learning_rate".
using ShortKeys = std::map<std::string, std::string>;

/// The shortest end of each key that no other has. Those that are `known` stay as they are.
ShortKeys short_keys(const std::vector<std::string>& keys, const ShortKeys& known);

/// A value within a name: as TOML writes it when that is short and safe in a file name, otherwise what is left of it
/// and a checksum, so that different values have different names.
std::string value_name(const nlohmann::ordered_json& value);

/// "input=P10,learning_rate=0.001": the parts with commas between them; no longer than a file's name may be.
std::string joined_name(const std::vector<std::string>& parts);

}  // namespace matseq
