#include "training/loss_scale.h"

#include <algorithm>
#include <cmath>

namespace matseq {
namespace {

constexpr double least_scale = 1;
constexpr double largest_scale = 16777216;

}  // namespace

bool adjust_loss_scale(TrainingState& state, double loss, double gradient_norm) {
  if (std::isfinite(loss) && std::isfinite(gradient_norm)) {
    if (++state.scale_growth == scale_growth_interval) {
      state.loss_scale = std::min(largest_scale, state.loss_scale * 2);
      state.scale_growth = 0;
    }
    return false;
  }
  const bool can_shrink = state.loss_scale > least_scale;
  state.loss_scale = std::max(least_scale, state.loss_scale / 2);
  state.scale_growth = 0;
  return can_shrink && std::isfinite(loss);
}

}  // namespace matseq
