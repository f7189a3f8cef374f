/// \file
/// The global norm of the gradients, and clipping by it.
#pragma once

#include <vector>

#include "matseq/optimizer.h"
#include "matseq/torch.h"

namespace matseq {

/// Euclidean norm over all gradients together: a 0-dimensional tensor on the device.
torch::Tensor gradient_norm(const std::vector<NamedTensor>& parameters);

/// Multiplies every gradient by `factor`.
void scale_gradients(const std::vector<NamedTensor>& parameters, double factor);

}  // namespace matseq
