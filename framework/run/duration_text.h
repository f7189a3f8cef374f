/// \file
/// How long something takes, for people.
#pragma once

#include <string>

namespace matseq {

/// "45 s", "3 min 20 s", "2 h 5 min", "3 d 4 h"; "" for what is not a number.
std::string duration_text(double seconds);

}  // namespace matseq
