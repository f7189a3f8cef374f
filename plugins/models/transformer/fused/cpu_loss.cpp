#include "fused/cpu_loss.h"

#include <algorithm>

#include "cpu/training_pass.h"
#include "matseq/error.h"

namespace matseq::transformer {

namespace {

// The gradients are there as soon as the loss is; to go backward is to scale them, once.
class Loss : public torch::autograd::Function<Loss> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, at::TensorList /*parameters*/, CpuLoss* pass,
                               const SequenceBatch* batch) {
    std::vector<torch::Tensor> gradients;
    const double loss = pass->loss_and_gradients(*batch, gradients);
    context->saved_data["gradients"] = gradients;
    return torch::tensor(static_cast<float>(loss));
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& of_loss) {
    torch::autograd::variable_list result = context->saved_data["gradients"].toTensorVector();
    if (result.empty()) throw Error("transformer: the gradients of this loss have been taken already");
    context->saved_data["gradients"] = std::vector<torch::Tensor>();
    const float scale = of_loss[0].item<float>();
    if (scale != 1) torch::_foreach_mul_(result, scale);
    result.resize(result.size() + 2);  // the pass and the batch
    return result;
  }
};

}  // namespace

std::optional<torch::Tensor> CpuLoss::loss(const SequenceBatch& batch) {
  const auto trained = [](const torch::Tensor& parameter) { return parameter.requires_grad(); };
  const std::vector<torch::Tensor>& parameters = network_.trained();
  if (!torch::GradMode::is_enabled() || !batch.source.is_cpu() || !network_.usable() ||
      !std::all_of(parameters.begin(), parameters.end(), trained)) {
    return std::nullopt;
  }
  return Loss::apply(at::TensorList(parameters), this, &batch);
}

double CpuLoss::loss_and_gradients(const SequenceBatch& batch, std::vector<torch::Tensor>& gradients) {
  gradients.clear();
  for (const torch::Tensor& parameter : network_.trained()) gradients.push_back(torch::zeros_like(parameter));
  const cpu::Network network = network_.bind(gradients);
  const auto tokens = static_cast<double>(batch.target_lengths.sum().item<std::int64_t>() -
                                          batch.target.size(0));  // predicted, in the whole batch
  cpu::Arenas::Loan arena(arenas_);
  double loss = 0;
  for (const RowRange& rows : pieces(batch.target.size(0), std::max(batch.source.size(1), batch.target.size(1)))) {
    const cpu::Sequences source = network_.pack_sources(batch.source, batch.source_lengths, rows);
    const TargetTokens target = network_.pack_targets(batch.target, batch.target_lengths, rows);
    loss += cpu::loss_and_gradients(network, source, target.read, target.expected, tokens, *arena);
    (*arena).reset();
  }
  return loss;
}

}  // namespace matseq::transformer
