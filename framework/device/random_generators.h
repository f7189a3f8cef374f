/// \file
/// LibTorch's default random generators.
#pragma once

#include <cstdint>

#include "matseq/torch.h"

namespace matseq {

/// Sets those of the CPU and of the device to the beginning of the numbers that this seed gives.
void seed_generators(const torch::Device& device, std::uint64_t seed);

}  // namespace matseq
