/// \file
/// Where a run computes.
#pragma once

#include <cstdint>
#include <string>

#include "matseq/torch.h"

namespace matseq {

/// The device that "auto", "cpu", "cuda" or "cuda:N" names; "auto" is CUDA when there is one. Throws Error when it is
/// not there.
torch::Device choose_device(const std::string& name);

/// The float type that "float32", "bfloat16" or "float16" names.
torch::ScalarType choose_precision(const std::string& name);

/// Computes on so many threads of the CPU; 0: as many as this process may use (see `available_processors`).
void set_threads(std::int64_t threads);

}  // namespace matseq
