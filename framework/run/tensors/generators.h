/// \file
/// The state of LibTorch's random generators, which dropout draws from.
#pragma once

#include <string>
#include <vector>

#include "matseq/optimizer.h"
#include "matseq/torch.h"

namespace matseq {

/// The states of the default generators that work on this device draws from, as "generator/cpu" and "generator/cuda".
std::vector<NamedTensor> generator_states(const torch::Device& device);

/// Takes the generators' states out of a checkpoint's tensors and gives them to the default generators. That of a kind
/// of device other than this one, on which the run was trained before, is of no use and dropped. Throws Error,
/// beginning with `what`, for a state that is not of LibTorch.
void restore_generators(std::vector<NamedTensor>& tensors, const torch::Device& device, const std::string& what);

}  // namespace matseq
