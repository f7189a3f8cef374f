/// \file
/// The process's three standard streams.
#pragma once

namespace matseq {

/// Opens those that are closed, so that no file of the program's own is opened in their place and gets what is printed.
/// What is read from or written to such a stream fails, as it would have. To be called before any file is opened.
void open_standard_streams();

/// Writes what std::cout and stdout still hold. Throws Error when something that was written to standard output is
/// lost.
void check_standard_output();

}  // namespace matseq
