#include "training/captured_gradients.h"

#include <algorithm>
#include <utility>

#include "device/autocast.h"

namespace matseq {
namespace {

// Each takes memory of its own for its batch, and a moment to record.
constexpr std::size_t most_captures = 32;

void copy_batch(const SequenceBatch& from, const SequenceBatch& to) {
  to.source.copy_(from.source, /*non_blocking=*/true);
  to.source_lengths.copy_(from.source_lengths, /*non_blocking=*/true);
  to.target.copy_(from.target, /*non_blocking=*/true);
  to.target_lengths.copy_(from.target_lengths, /*non_blocking=*/true);
}

}  // namespace

CapturedGradients::CapturedGradients(Model& model, std::vector<NamedTensor> parameters, torch::Device device,
                                     torch::ScalarType precision, MakeGraphCapture make)
    : model_(model),
      parameters_(std::move(parameters)),
      device_(device),
      precision_(precision),
      make_(std::move(make)) {}

std::optional<torch::Tensor> CapturedGradients::compute(const SequenceBatch& batch, double scale) {
  const bool adds = std::any_of(parameters_.begin(), parameters_.end(),
                                [](const NamedTensor& parameter) { return parameter.tensor.grad().defined(); });
  if (adds) return std::nullopt;
  const Shape shape = {batch.source.size(0), batch.source.size(1), batch.target.size(1), batch.source_padded,
                       batch.target_padded};
  const auto found = records_.find(shape);
  if (found == records_.end()) {
    if (records_.size() < most_captures) records_[shape];
    return std::nullopt;
  }
  Record& known = found->second;
  if (known.work == nullptr) {
    record(batch, known);
  } else {
    copy_batch(batch, known.batch);
  }
  known.scale.fill_(scale);
  known.work->replay();
  for (std::size_t i = 0; i < parameters_.size(); ++i) parameters_[i].tensor.mutable_grad() = known.gradients[i].tensor;
  return known.loss;
}

void CapturedGradients::record(const SequenceBatch& batch, Record& record) {
  record.batch = {batch.source.clone(),         batch.source_lengths.clone(), batch.target.clone(),
                  batch.target_lengths.clone(), batch.source_padded,          batch.target_padded};
  record.scale = torch::ones({}, torch::device(device_).dtype(torch::kFloat32));
  std::vector<torch::Tensor> inputs;
  for (const NamedTensor& parameter : parameters_) inputs.push_back(parameter.tensor);
  std::unique_ptr<GraphCapture> work = make_();
  work->record([this, &record, inputs] {
    torch::Tensor loss;
    {
      const Autocast autocast(device_, precision_);
      loss = model_.loss(record.batch);
    }
    const auto gradients = torch::autograd::grad({loss}, inputs, {record.scale.to(loss.scalar_type())},
                                                 /*retain_graph=*/false, /*create_graph=*/false, /*allow_unused=*/true);
    record.gradients.clear();
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      const torch::Tensor& gradient = gradients[i];
      record.gradients.push_back({parameters_[i].name, gradient.defined() ? gradient.contiguous() : gradient});
    }
    record.loss = loss.detach();
  });
  record.work = std::move(work);
}

}  // namespace matseq
