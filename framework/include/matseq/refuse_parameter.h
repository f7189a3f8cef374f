/// \file
/// What a plugin says of a parameter that its schema accepts and it cannot use.
#pragma once

#include <string>

#include "matseq/export.h"
#include "matseq/parameters.h"

namespace matseq {

/// Throws Error: "FILE:LINE: 'TABLE.NAME': REASON", with the place of the parameter, or of its table where it is unset.
/// The framework puts the plugin's name in front.
[[noreturn]] MATSEQ_API void refuse_parameter(const Parameters& parameters, const std::string& name,
                                              const std::string& reason);

}  // namespace matseq
