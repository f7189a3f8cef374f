/// \file
/// The one place that includes LibTorch, so that it can be precompiled.
#pragma once

#include <torch/torch.h>
#include <torch/version.h>

#include "matseq/toolchain.h"

#define MATSEQ_TORCH_TOOLCHAIN MATSEQ_TOOLCHAIN_WITH_LIBTORCH(TORCH_VERSION)
