#include "training/batch_gradients.h"

#include <algorithm>
#include <optional>

#include "device/autocast.h"
#include "device/device_batch.h"
#include "device/single_threaded.h"
#include "training/micro_batches.h"

namespace matseq {
namespace {

void add_gradient(const torch::Tensor& parameter, const torch::Tensor& gradient) {
  if (!gradient.defined()) return;
  torch::Tensor& sum = parameter.mutable_grad();
  if (sum.defined()) {
    sum.add_(gradient);
  } else {
    sum = gradient.contiguous();
  }
}

}  // namespace

BatchGradients::BatchGradients(Model& model, std::vector<NamedTensor> parameters, torch::Device device,
                               torch::ScalarType precision, std::size_t threads, const MakeGraphCapture& record,
                               const std::function<void(const std::string&)>& warn)
    : model_(model), parameters_(std::move(parameters)), device_(device), precision_(precision) {
  if (device.is_cpu()) threads_ = threads;
  if (record && model.traits().graph_capture) {
    captured_ = std::make_unique<CapturedGradients>(model, parameters_, device, precision, record, warn);
  }
}

std::shared_ptr<const void> BatchGradients::pack_weights() {
  const Autocast autocast(device_, precision_);
  return model_.pack_weights();
}

torch::Tensor BatchGradients::add(const SequenceBatch& batch, double scale) {
  if (captured_ != nullptr) {
    if (const std::optional<torch::Tensor> loss = captured_->compute(batch, scale)) return *loss;
  }
  {
    const Autocast autocast(device_, precision_);
    if (const std::optional<Loss> loss = model_.add_gradients(batch, scale)) return total(*loss);
  }
  const bool shares = threads_ > 1 && batch.target.size(0) > 1 && model_.traits().concurrent;
  return shares ? add_shared(batch, scale) : add_whole(batch, scale);
}

torch::Tensor BatchGradients::add_whole(const SequenceBatch& batch, double scale) {
  torch::Tensor loss;
  {
    const Autocast autocast(device_, precision_);
    loss = total(model_.loss(batch));
  }
  (loss * scale).backward();
  return loss.detach();
}

torch::Tensor BatchGradients::add_shared(const SequenceBatch& batch, double scale) {
  if (team_ == nullptr) team_ = std::make_unique<ThreadTeam>(threads_, single_threaded_operations);
  const std::vector<std::int64_t> begins = share_out(batch, team_->size());
  torch::autograd::variable_list inputs;
  for (const NamedTensor& parameter : parameters_) inputs.push_back(parameter.tensor);
  std::vector<double> losses(team_->size(), 0);
  std::vector<torch::autograd::variable_list> gradients(team_->size());
  team_->run([&](std::size_t member) {
    const std::int64_t begin = begins[member], end = begins[member + 1];
    if (begin == end) return;
    const SequenceBatch share = rows_of(batch, begin, end);
    torch::Tensor loss;
    {
      const Autocast autocast(device_, precision_);
      loss = total(model_.loss(share));
    }
    losses[member] = loss.item<double>();
    gradients[member] = torch::autograd::grad({loss}, inputs, {torch::full_like(loss, scale)},
                                              /*retain_graph=*/false, /*create_graph=*/false, /*allow_unused=*/true);
  });
  // Every parameter's sum is one thread's, in the order of the shares.
  team_->run([&](std::size_t member) {
    const torch::NoGradGuard no_gradients;
    for (std::size_t i = member; i < inputs.size(); i += team_->size()) {
      for (const torch::autograd::variable_list& share : gradients) {
        if (!share.empty()) add_gradient(inputs[i], share[i]);
      }
    }
  });
  double loss = 0;
  for (const double share : losses) loss += share;
  return torch::tensor(loss, torch::kFloat64);
}

}  // namespace matseq
