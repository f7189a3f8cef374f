/// \file
/// Numbers in JSON, which has none that are not finite.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>

namespace matseq {

/// The number, or null where it is not finite.
inline nlohmann::ordered_json json_number(double number) {
  return std::isfinite(number) ? nlohmann::ordered_json(number) : nlohmann::ordered_json(nullptr);
}

}  // namespace matseq
