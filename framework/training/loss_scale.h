/// \file
/// The factor of the loss that keeps gradients in float16 from vanishing.
#pragma once

#include "run/training_state.h"

namespace matseq {

/// Takes an update in float16 into account, as PyTorch's GradScaler does: the scale doubles after many finite updates
/// in a row and is halved after one that is not. Returns true for a mere overflow: the loss was finite, its gradients
/// were not, and a smaller scale may mend that. It is how the largest scale is found, and nothing to worry about.
bool adjust_loss_scale(TrainingState& state, double loss, double gradient_norm);

}  // namespace matseq
