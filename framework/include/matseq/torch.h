/// \file
/// The one place that includes all of LibTorch, so that it can be precompiled.
#pragma once

#include <torch/torch.h>

#include "matseq/tensor.h"
