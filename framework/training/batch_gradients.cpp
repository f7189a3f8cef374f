#include "training/batch_gradients.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "device/autocast.h"
#include "device/device_batch.h"
#include "device/random_generators.h"
#include "device/single_threaded.h"
#include "matseq/random_stream.h"

namespace matseq {
namespace {

/// Losses, one a micro-batch, as multiples of 2^-24: so their sums are exact up to 2^29, whoever adds which of them.
torch::Tensor exact_sum(const torch::Tensor& losses) {
  constexpr double unit = 1.0 / (1 << 24);
  return losses.detach().to(torch::kFloat64).div(unit).round_().mul_(unit).sum();
}

}  // namespace

BatchGradients::BatchGradients(Model& model, std::vector<NamedTensor> parameters, torch::Device device,
                               torch::ScalarType precision, std::size_t threads, std::uint64_t random_key,
                               const MakeGraphCapture& record, const std::function<void(const std::string&)>& warn)
    : model_(model),
      parameters_(std::move(parameters)),
      device_(device),
      precision_(precision),
      random_key_(random_key),
      tree_(parameters_) {
  if (device.is_cpu()) threads_ = threads;
  if (record && model.traits().graph_capture) {
    captured_ = std::make_unique<CapturedGradients>(model, parameters_, device, precision, record, warn);
  }
}

std::shared_ptr<const void> BatchGradients::begin_update(std::uint64_t first_micro_batch) {
  first_micro_batch_ = first_micro_batch;
  const Autocast autocast(device_, precision_);
  return model_.pack_weights();
}

/// Before micro-batch `number` of a batch, of a model that may draw.
void BatchGradients::seed_for(const MicroBatches& cut, std::size_t number) const {
  if (model_.traits().concurrent || (number == 0 && cut.continued)) return;
  seed_generators(device_, RandomStream(random_key_, first_micro_batch_ + cut.first + number).bits());
}

torch::Tensor BatchGradients::add(const SequenceBatch& batch, double scale, const MicroBatches& cut) {
  seed_for(cut, 0);
  if (captured_ != nullptr && cut.of_update == 1) {
    if (const std::optional<torch::Tensor> loss = captured_->compute(batch, scale)) return exact_sum(*loss);
  }
  {
    const Autocast autocast(device_, precision_);
    if (const std::optional<Loss> loss = model_.add_gradients(batch, scale, cut)) return exact_sum(total(*loss));
  }
  if (!device_.is_cpu() || !model_.traits().concurrent) return add_in_turn(batch, scale, cut);
  if (threads_ > 1 && cut.count() > 1) return add_shared(batch, scale, cut);
  const std::shared_ptr<void> single_threaded = single_threaded_operations();
  return add_in_turn(batch, scale, cut);
}

torch::Tensor BatchGradients::loss_of(const SequenceBatch& batch) {
  const Autocast autocast(device_, precision_);
  return total(model_.loss(batch));
}

std::vector<torch::Tensor> BatchGradients::gradients_of(const torch::Tensor& loss, double scale) const {
  torch::autograd::variable_list inputs;
  for (const NamedTensor& parameter : parameters_) inputs.push_back(parameter.tensor);
  return torch::autograd::grad({loss}, inputs, {torch::full_like(loss, scale)}, /*retain_graph=*/false,
                               /*create_graph=*/false, /*allow_unused=*/true);
}

void BatchGradients::add_to_tree(const torch::Tensor& gradient, std::size_t index, std::size_t number,
                                 const MicroBatches& cut) {
  tree_.add(index, gradient, cut.first + number, cut.of_update, !(number == 0 && cut.continued),
            !(number + 1 == cut.count() && cut.open));
}

torch::Tensor BatchGradients::add_in_turn(const SequenceBatch& batch, double scale, const MicroBatches& cut) {
  std::vector<torch::Tensor> losses;
  for (std::size_t i = 0; i < cut.count(); ++i) {
    if (i > 0) seed_for(cut, i);
    const torch::Tensor loss =
        loss_of(cut.count() == 1 ? batch : batch_of_rows(batch, cut.begins[i], cut.begins[i + 1]));
    losses.push_back(loss.detach());
    if (cut.of_update == 1) {
      (loss * scale).backward();
      continue;
    }
    const std::vector<torch::Tensor> gradients = gradients_of(loss, scale);
    for (std::size_t index = 0; index < parameters_.size(); ++index) add_to_tree(gradients[index], index, i, cut);
  }
  return exact_sum(torch::stack(losses));
}

torch::Tensor BatchGradients::add_shared(const SequenceBatch& batch, double scale, const MicroBatches& cut) {
  if (team_ == nullptr) team_ = std::make_unique<ThreadTeam>(threads_, single_threaded_operations);
  std::vector<torch::Tensor> losses(cut.count());
  std::vector<std::vector<torch::Tensor>> gradients(cut.count());
  team_->run([&](std::size_t member) {
    for (std::size_t i = member; i < cut.count(); i += team_->size()) {
      const torch::Tensor loss = loss_of(batch_of_rows(batch, cut.begins[i], cut.begins[i + 1]));
      losses[i] = loss.detach();
      gradients[i] = gradients_of(loss, scale);
    }
  });
  // Every parameter's sum is one thread's, in the order of the micro-batches.
  team_->run([&](std::size_t member) {
    for (std::size_t index = member; index < parameters_.size(); index += team_->size()) {
      for (std::size_t i = 0; i < cut.count(); ++i) add_to_tree(gradients[i][index], index, i, cut);
    }
  });
  return exact_sum(torch::stack(losses));
}

}  // namespace matseq
