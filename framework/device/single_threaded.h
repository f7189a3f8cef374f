/// \file
/// LibTorch's operations without its threads.
#pragma once

#include <memory>

namespace matseq {

/// Every operation of LibTorch that this thread calls runs on it alone, until the result goes out of scope. For the
/// threads of a team that share out a batch.
std::shared_ptr<void> single_threaded_operations();

}  // namespace matseq
