/// \file
/// What another program writes.
#pragma once

#include <string>
#include <vector>

namespace matseq {

struct ProgramOutput {
  int status = 0;      ///< of its end; 128 and the signal's number when one ended it
  std::string output;  ///< its standard output
  std::string errors;  ///< its standard error
};

/// Runs a program, found in PATH, and waits for it. It reads nothing and has no signals blocked. Throws Error that
/// names it when it cannot be started.
ProgramOutput program_output(const std::vector<std::string>& command);

}  // namespace matseq
