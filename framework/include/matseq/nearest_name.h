/// \file
/// "Did you mean ...?" for error messages.
#pragma once

#include <string>
#include <vector>

#include "matseq/export.h"

namespace matseq {

/// ", did you mean 'X'?" for the candidate nearest to `name` in edit distance, or nothing when none is near.
MATSEQ_API std::string nearest_name(const std::string& name, const std::vector<std::string>& candidates);

/// The names as a list for people: "'a', 'b', 'c'".
MATSEQ_API std::string quoted_list(const std::vector<std::string>& names);

}  // namespace matseq
