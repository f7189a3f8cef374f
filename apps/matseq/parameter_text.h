/// \file
/// How a parameter is explained to a user.
#pragma once

#include <string>

#include "matseq/parameter.h"

namespace matseq {

/// Two lines: "  size = 10000" and what it is, with what is accepted; `remark` ends the second.
std::string explained(const Parameter& parameter, const std::string& remark = "");

}  // namespace matseq
