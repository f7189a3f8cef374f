#include "device/autocast.h"

#include "matseq/torch_compatibility.h"

namespace matseq {

Autocast::Autocast(const torch::Device& device, torch::ScalarType precision)
    : active_(precision != torch::kFloat32), device_(device.type()) {
  if (!active_) return;
  set_autocast(device_, precision);
}

Autocast::~Autocast() {
  if (!active_) return;
  at::autocast::clear_cache();
  unset_autocast(device_);
}

}  // namespace matseq
