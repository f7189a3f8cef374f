/// \file
/// The one place that includes LibTorch, so that it can be precompiled.
#pragma once

#include <torch/torch.h>
#include <torch/version.h>

#include "matseq/toolchain.h"

/// The toolchain string of the interfaces that have tensors: LibTorch's C++ ABI changes with every version.
#define MATSEQ_TORCH_TOOLCHAIN MATSEQ_TOOLCHAIN " libtorch=" TORCH_VERSION
