/// \file
/// LibTorch's tensors, as little of LibTorch as the interfaces need: it takes a tenth of the time of matseq/torch.h.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/version.h>

#include "matseq/toolchain.h"

#define MATSEQ_TORCH_TOOLCHAIN MATSEQ_TOOLCHAIN_WITH_LIBTORCH(TORCH_VERSION)
