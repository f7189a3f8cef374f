/// \file
/// The program from its arguments to its exit status.
#pragma once

namespace matseq {

/// Runs the command that the arguments of main() name. Whatever goes wrong is a message on standard error.
///
/// 0: done; 1: it failed; 2: the arguments are wrong; 128 + n: signal n ended it.
int run_command_line(int count, char** arguments);

}  // namespace matseq
