/// \file
/// The program that runs.
#pragma once

#include <string>

namespace matseq {

/// This program's file, to start it again: by its name, which `ps` shows; by the system's link to it if it has been
/// replaced or removed.
std::string own_executable();

}  // namespace matseq
