/// \file
/// Settings that a sweep draws at random.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sweep/sweep_setting.h"

namespace matseq {

enum class RandomLaw : std::uint8_t {
  uniform,      ///< a real number
  log_uniform,  ///< a real number above 0, whose logarithm is uniform
  integer,      ///< both ends included
  choice,       ///< one of a list
};

/// A key of `[random]`, and how its values are drawn.
struct RandomSetting {
  std::string key;
  RandomLaw law = RandomLaw::uniform;
  double low = 0;
  double high = 0;
  std::vector<nlohmann::ordered_json> choices;
  std::string where;
};

/// The value of draw `number`, which depends on the seed, the setting's key and the number only: further draws and
/// further settings change none. Real numbers have six significant digits.
nlohmann::ordered_json drawn_value(const RandomSetting& setting, std::uint64_t seed, std::int64_t number);

}  // namespace matseq
