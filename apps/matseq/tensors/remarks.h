/// \file
/// What is said about a conversion from or to the reference system.
#pragma once

#include <string>
#include <vector>

namespace matseq {

/// A note each, on standard error.
void print_remarks(const std::vector<std::string>& remarks);

}  // namespace matseq
