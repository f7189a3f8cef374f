#include "training/weight_average.h"

#include <algorithm>
#include <cmath>

#include "run/tensors/model_tensors.h"

namespace matseq {
namespace {

/// No name of a test set has a dot.
constexpr const char* set_suffix = ".ema";

std::vector<NamedTensor> copies(std::vector<NamedTensor> tensors) {
  for (NamedTensor& tensor : tensors) tensor.tensor = tensor.tensor.detach().clone();
  return tensors;
}

void give(const std::vector<NamedTensor>& parameters, const std::vector<NamedTensor>& values) {
  const torch::NoGradGuard no_gradients;
  for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i].tensor.copy_(values[i].tensor);
}

}  // namespace

WeightAverage::WeightAverage(Model& model, double decay)
    : parameters_(trained_parameters(model)), averages_(copies(parameters_)), decay_(decay) {
  for (const NamedTensor& tensor : model_tensors(model)) {
    if (std::ranges::find(parameters_, tensor.name, &NamedTensor::name) == parameters_.end()) others_.push_back(tensor);
  }
}

void WeightAverage::on_update(const UpdateReport& report) {
  const torch::NoGradGuard no_gradients;
  // Over the sum of all updates' counts, 1 + decay + decay^2 + ...: of the first update it is all.
  const double share = (1 - decay_) / -std::expm1(static_cast<double>(report.state.update) * std::log(decay_));
  for (std::size_t i = 0; i < averages_.size(); ++i) averages_[i].tensor.lerp_(parameters_[i].tensor, share);
}

std::vector<NamedTensor> WeightAverage::tensors() const {
  std::vector<NamedTensor> tensors = averages_;
  tensors.insert(tensors.end(), others_.begin(), others_.end());
  return tensors;
}

WeightAverage::InUse::InUse(const WeightAverage& average) : average_(average), own_(copies(average.parameters_)) {
  give(average_.parameters_, average_.averages_);
}

WeightAverage::InUse::~InUse() { give(average_.parameters_, own_); }

std::string averaged_set(const std::string& set) { return set + set_suffix; }

bool is_of_average(const std::string& metric) {
  return metric.find(std::string(set_suffix) + ".") != std::string::npos;
}

}  // namespace matseq
