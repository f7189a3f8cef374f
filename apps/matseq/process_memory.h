/// \file
/// How the process keeps its memory.
#pragma once

namespace matseq {

/// Keeps freed memory for the next allocation: an update frees and allocates the same large tensors as the one before,
/// and having the system take them back and clear them anew costs a tenth of the time.
void keep_freed_memory();

}  // namespace matseq
