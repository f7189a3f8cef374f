/// \file
/// Text that someone else wrote, for messages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "matseq/export.h"

namespace matseq {

/// `text` with control characters and invalid UTF-8 written as escapes ("\n", "\x1b"), so that a message cannot control
/// the terminal, and cut after `longest` bytes.
MATSEQ_API std::string printable(std::string_view text, std::size_t longest = 200);

}  // namespace matseq
