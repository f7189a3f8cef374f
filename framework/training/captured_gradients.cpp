#include "training/captured_gradients.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "device/autocast.h"

namespace matseq {
namespace {

// Each takes memory of its own for its batch, and a moment to capture.
constexpr std::size_t most_captures = 32;
// A capture makes room for a shape that has come so many times as often: shapes that take turns do not evict each
// other.
constexpr std::int64_t times_as_often = 2;

std::string reason_of(const std::exception& error) {
  const auto* of_libtorch = dynamic_cast<const c10::Error*>(&error);
  return of_libtorch == nullptr ? error.what() : of_libtorch->what_without_backtrace();
}

void copy_batch(const SequenceBatch& from, const SequenceBatch& to) {
  to.source.copy_(from.source, /*non_blocking=*/true);
  to.source_lengths.copy_(from.source_lengths, /*non_blocking=*/true);
  to.target.copy_(from.target, /*non_blocking=*/true);
  to.target_lengths.copy_(from.target_lengths, /*non_blocking=*/true);
}

}  // namespace

CapturedGradients::CapturedGradients(Model& model, std::vector<NamedTensor> parameters, torch::Device device,
                                     torch::ScalarType precision, MakeGraphCapture make,
                                     std::function<void(const std::string&)> warn)
    : model_(model),
      parameters_(std::move(parameters)),
      device_(device),
      precision_(precision),
      make_(std::move(make)),
      warn_(std::move(warn)) {}

std::optional<torch::Tensor> CapturedGradients::compute(const SequenceBatch& batch, double scale) {
  const bool adds = std::any_of(parameters_.begin(), parameters_.end(),
                                [](const NamedTensor& parameter) { return parameter.tensor.grad().defined(); });
  if (adds || !make_) return std::nullopt;
  Capture& known = shapes_[{batch.source.size(0), batch.source.size(1), batch.target.size(1), batch.source_padded,
                            batch.target_padded}];
  ++known.uses;
  if (known.work != nullptr) {
    copy_batch(batch, known.batch);
  } else {
    if (known.uses == 1 || !make_room(known)) return std::nullopt;
    try {
      capture(batch, known);
    } catch (const std::exception& error) {
      warn_(fmt::format("training.cuda_graphs has no effect: the passes of this model cannot be captured: {}",
                        reason_of(error)));
      make_ = nullptr;
      captured_.clear();
      shapes_.clear();
      return std::nullopt;
    }
  }
  known.scale.fill_(scale);
  known.work->replay();
  for (std::size_t i = 0; i < parameters_.size(); ++i) parameters_[i].tensor.mutable_grad() = known.gradients[i].tensor;
  return known.loss;
}

bool CapturedGradients::make_room(const Capture& wanted) {
  if (captured_.size() < most_captures) return true;
  const auto rarest = std::ranges::min_element(captured_, {}, &Capture::uses);
  if (wanted.uses <= times_as_often * (*rarest)->uses) return false;
  Capture freed;
  freed.uses = (*rarest)->uses;
  **rarest = std::move(freed);
  captured_.erase(rarest);
  return true;
}

void CapturedGradients::capture(const SequenceBatch& batch, Capture& capture) {
  capture.batch = {batch.source.clone(),         batch.source_lengths.clone(), batch.target.clone(),
                   batch.target_lengths.clone(), batch.source_padded,          batch.target_padded,
                   batch.label_smoothing};
  capture.scale = torch::ones({}, torch::device(device_).dtype(torch::kFloat32));
  std::vector<torch::Tensor> inputs;
  for (const NamedTensor& parameter : parameters_) inputs.push_back(parameter.tensor);
  std::unique_ptr<GraphCapture> work = make_();
  work->record([this, &capture, inputs] {
    torch::Tensor loss;
    {
      const Autocast autocast(device_, precision_);
      loss = total(model_.loss(capture.batch));
    }
    const auto gradients = torch::autograd::grad({loss}, inputs, {capture.scale.to(loss.scalar_type())},
                                                 /*retain_graph=*/false, /*create_graph=*/false, /*allow_unused=*/true);
    capture.gradients.clear();
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      const torch::Tensor& gradient = gradients[i];
      capture.gradients.push_back({parameters_[i].name, gradient.defined() ? gradient.contiguous() : gradient});
    }
    capture.loss = loss.detach();
  });
  capture.work = std::move(work);
  captured_.push_back(&capture);
}

}  // namespace matseq
