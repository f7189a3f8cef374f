/// \file
/// How a parameter is explained to a user.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "matseq/parameter.h"

namespace matseq {

/// "; from 1 to 4096": what is accepted, to follow the documentation; empty when anything is.
std::string accepted_text(const Parameter& parameter);

/// {"default": its value as TOML writes it, or null when it is unset, "meaning": what it is, with what is accepted}.
nlohmann::ordered_json explained_json(const Parameter& parameter);

/// Two lines: "  size = 10000" and what it is, with what is accepted; `remark` ends the second.
std::string explained(const Parameter& parameter, const std::string& remark = "");

}  // namespace matseq
