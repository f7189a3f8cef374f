#include "adam_update.h"

#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "matseq/parallel.h"

namespace matseq {
namespace {

bool all_contiguous(const at::Tensor& a, const at::Tensor& b, const at::Tensor& c, const at::Tensor& d) {
  return a.is_contiguous() && b.is_contiguous() && c.is_contiguous() && d.is_contiguous();
}

template <typename Real>
void run_kernel(const AdamCoefficients& coefficients, std::int64_t begin, std::int64_t end, const at::Tensor& parameter,
                const at::Tensor& gradient, const at::Tensor& mean, const at::Tensor& mean_square) {
  adam_kernel(coefficients, static_cast<std::size_t>(end - begin), parameter.data_ptr<Real>() + begin,
              static_cast<const Real*>(gradient.data_ptr<Real>() + begin), mean.data_ptr<Real>() + begin,
              mean_square.data_ptr<Real>() + begin);
}

}  // namespace

AdamUpdate::AdamUpdate(const Parameters& parameters, EpsilonRule rule, std::vector<TrainedTensor> trained)
    : betas_(parameters),
      epsilon_(parameters.real("eps")),
      weight_decay_(parameters.real("weight_decay")),
      rule_(rule),
      state_(std::move(trained), {"exp_avg", "exp_avg_sq"}) {}

ParameterSchema AdamUpdate::schema(double learning_rate, double weight_decay) {
  return {
      Parameter::real("learning_rate", learning_rate, "base learning rate, which the schedule starts from").at_least(0),
      Betas::first_parameter(),
      Betas::second_parameter(),
      Parameter::real("eps", 1e-8, "added to the denominator").at_least(0),
      Parameter::real("weight_decay", weight_decay,
                      "an update takes this times the learning rate off each parameter, as a share of it")
          .at_least(0),
  };
}

void AdamUpdate::step(double learning_rate) {
  std::vector<Item> on_cpu;
  std::vector<Item> on_cuda;
  for (const TrainedParameter& trained : state_.parameters()) {
    const at::Tensor& gradient = trained.parameter.grad();
    if (!gradient.defined()) continue;
    const Item item = {trained.parameter, gradient, trained.quantities[0], trained.quantities[1], trained.count_step()};
    const auto type = item.parameter.scalar_type();
    const bool fusible = (type == at::kFloat || type == at::kDouble) && gradient.scalar_type() == type &&
                         all_contiguous(item.parameter, gradient, item.mean, item.mean_square);
    if (fusible && item.parameter.is_cpu()) {
      on_cpu.push_back(item);
    } else if (fusible && item.parameter.is_cuda()) {
      on_cuda.push_back(item);
    } else {
      update_plainly(item, learning_rate);
    }
  }
  update_on_cpu(on_cpu, learning_rate);
  update_on_cuda(on_cuda, learning_rate);
}

AdamCoefficients AdamUpdate::coefficients(std::int64_t step, double learning_rate) const {
  const auto t = static_cast<double>(step);
  const double correction1 = 1 - std::pow(betas_.first, t);
  const double root_correction2 = std::sqrt(1 - std::pow(betas_.second, t));
  return {
      .beta1 = betas_.first,
      .beta2 = betas_.second,
      .decay = learning_rate * weight_decay_,
      .step_size = learning_rate * root_correction2 / correction1,
      .epsilon = rule_ == EpsilonRule::uncorrected ? epsilon_ : epsilon_ * root_correction2,
  };
}

// Large tensors are cut up and small ones queued behind each other, so that one parallel loop does all the work.
void AdamUpdate::update_on_cpu(const std::vector<Item>& items, double learning_rate) const {
  constexpr std::int64_t chunk_size = 1 << 15;
  std::vector<Chunk> chunks;
  for (const Item& item : items) {
    const std::int64_t size = item.parameter.numel();
    for (std::int64_t begin = 0; begin < size; begin += chunk_size) {
      chunks.push_back({&item, begin, std::min(begin + chunk_size, size)});
    }
  }
  parallel_for_each(static_cast<std::int64_t>(chunks.size()), [&](std::int64_t index) {
    const Chunk& chunk = chunks[static_cast<std::size_t>(index)];
    const Item& item = *chunk.item;
    const auto run = item.parameter.scalar_type() == at::kFloat ? run_kernel<float> : run_kernel<double>;
    run(coefficients(item.step, learning_rate), chunk.begin, chunk.end, item.parameter, item.gradient, item.mean,
        item.mean_square);
  });
}

// PyTorch's fused Adam takes many tensors in one kernel. It wants epsilon beside the corrected root, and the step count
// on the device: one for all parameters that have taken equally many steps.
void AdamUpdate::update_on_cuda(const std::vector<Item>& items, double learning_rate) const {
  struct Group {
    std::vector<at::Tensor> parameters, gradients, means, mean_squares, steps;
  };
  std::map<std::pair<std::int64_t, at::ScalarType>, Group> groups;
  for (const Item& item : items) {
    Group& group = groups[{item.step, item.parameter.scalar_type()}];
    if (group.steps.empty()) {
      group.steps.push_back(at::full({}, static_cast<double>(item.step), item.parameter.options().dtype(at::kFloat)));
    } else {
      group.steps.push_back(group.steps.front());
    }
    group.parameters.push_back(item.parameter);
    group.gradients.push_back(item.gradient);
    group.means.push_back(item.mean);
    group.mean_squares.push_back(item.mean_square);
  }
  for (auto& [key, group] : groups) {
    const double root_correction2 = std::sqrt(1 - std::pow(betas_.second, static_cast<double>(key.first)));
    const double epsilon = rule_ == EpsilonRule::uncorrected ? epsilon_ / root_correction2 : epsilon_;
    if (weight_decay_ != 0) at::_foreach_mul_(group.parameters, 1 - learning_rate * weight_decay_);
    at::_fused_adam_(group.parameters, group.gradients, group.means, group.mean_squares, {}, group.steps, learning_rate,
                     betas_.first, betas_.second, /*weight_decay=*/0, epsilon, /*amsgrad=*/false, /*maximize=*/false);
  }
}

void AdamUpdate::update_plainly(const Item& item, double learning_rate) const {
  const AdamCoefficients numbers = coefficients(item.step, learning_rate);
  item.mean.mul_(numbers.beta1).add_(item.gradient, 1 - numbers.beta1);
  item.mean_square.mul_(numbers.beta2).addcmul_(item.gradient, item.gradient, 1 - numbers.beta2);
  if (numbers.decay != 0) item.parameter.sub_(item.parameter.mul(numbers.decay));
  item.parameter.addcdiv_(item.mean, item.mean_square.sqrt().add_(numbers.epsilon), -numbers.step_size);
}

}  // namespace matseq
