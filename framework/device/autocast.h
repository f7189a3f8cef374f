/// \file
/// Mixed precision for a scope.
#pragma once

#include "matseq/torch.h"

namespace matseq {

/// While it lives, LibTorch computes matrix products on this device in `precision`; float32 changes nothing.
class Autocast {
 public:
  Autocast(const torch::Device& device, torch::ScalarType precision);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool active_;
  torch::DeviceType device_;
};

}  // namespace matseq
