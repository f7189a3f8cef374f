#include "recurrence.h"

#include "common/libtorch/layers.h"

namespace matseq::universal {
namespace {

/// (width) to (outputs), with this bias at first.
Linear make_decision(std::int64_t width, std::int64_t outputs, double bias) {
  const torch::NoGradGuard no_gradients;
  Linear layer(width, outputs);
  layer->bias.fill_(bias);
  return layer;
}

}  // namespace

RecurrenceImpl::RecurrenceImpl(const RecurrenceOptions& options) : options_(options) {
  if (options.step_embeddings) {
    step_embeddings_ = register_parameter("step_embeddings", initial_embeddings(options.loops, options.width));
  }
  if (options.gate != "none") {
    gate_ = register_module(
        "gate", make_decision(options.width, options.gate == "channel" ? options.width : 1, options.gate_bias));
  }
  if (options.adaptive) halting_ = register_module("halting", make_decision(options.width, 1, options.halting_bias));
}

torch::Tensor RecurrenceImpl::pass_gated(const torch::Tensor& states, const Pass& pass, std::int64_t step) {
  const torch::Tensor next = pass(step_embeddings_.defined() ? states + step_embeddings_[step] : states, step);
  return gate_ ? torch::lerp(states, next, gate_->forward(states).sigmoid().expand_as(states)) : next;
}

RecurrenceImpl::Outcome RecurrenceImpl::run(const torch::Tensor& states, const Pass& pass, bool may_end) {
  torch::Tensor x = states;
  if (!options_.adaptive) {
    for (std::int64_t step = 0; step < options_.loops; ++step) x = pass_gated(x, pass, step);
    return {x, {}};
  }
  torch::Tensor result = torch::zeros_like(x);
  torch::Tensor sum = x.new_zeros({x.size(0), 1}), pondered = torch::zeros_like(sum);
  torch::Tensor running = torch::ones_like(sum, torch::kBool);
  for (std::int64_t step = 0; step < options_.loops; ++step) {
    if (may_end && !running.any().item<bool>()) break;
    const torch::Tensor next = pass_gated(x, pass, step);
    const torch::Tensor probability = halting_->forward(x).sigmoid();
    const bool last = step + 1 == options_.loops;
    const torch::Tensor halts = last ? running : running.logical_and((sum + probability).gt(options_.threshold));
    const torch::Tensor share = torch::where(halts, 1 - sum, probability).mul(running);
    pondered = pondered + running + halts.mul(1 - sum);
    result = result + share * next;
    sum = sum + share;
    x = torch::where(running, next, x);
    running = running.logical_and(halts.logical_not());
  }
  return {result, pondered.squeeze(1)};
}

}  // namespace matseq::universal
