/// \file
/// A setting that a sweep varies.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace matseq {

/// The setting that `seeds` varies.
inline constexpr const char* seed_key = "data.seed";

/// "optimizer.learning_rate" and the value that a run has instead of the base's.
struct SweepSetting {
  std::string key;
  nlohmann::ordered_json value;
  std::string where;  ///< "sweep.toml:7", for messages; empty when it was read from sweep.json
};

/// Sorted by key, each key once.
using SweepSettings = std::vector<SweepSetting>;

/// A value as TOML writes it, in one line.
std::string toml_value(const nlohmann::ordered_json& value);

/// True when a setting of one key cannot stand beside one of the other: the same key, or "encoding.input" and
/// "encoding.input.base".
bool keys_collide(const std::string& one, const std::string& other);

}  // namespace matseq
