/// \file
/// LibTorch on a number of threads.
#pragma once

#include "matseq/torch.h"

namespace matseq::test {

/// So many threads of LibTorch's, until the end.
class LibTorchThreads {
 public:
  explicit LibTorchThreads(int count) : before_(torch::get_num_threads()) { torch::set_num_threads(count); }
  ~LibTorchThreads() { torch::set_num_threads(before_); }
  LibTorchThreads(const LibTorchThreads&) = delete;
  LibTorchThreads& operator=(const LibTorchThreads&) = delete;

 private:
  int before_;
};

}  // namespace matseq::test
