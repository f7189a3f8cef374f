/// \file
/// What is said when the system starts no further thread.
#pragma once

#include <system_error>

namespace matseq {

/// Throws Error that says what may help.
[[noreturn]] void throw_thread_failure(const std::system_error& failure);

}  // namespace matseq
