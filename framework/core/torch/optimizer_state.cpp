#include "matseq/optimizer_state.h"

#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <utility>

namespace matseq {

OptimizerState::OptimizerState(std::vector<TrainedTensor> trained, std::vector<std::string> quantity_names)
    : quantity_names_(std::move(quantity_names)) {
  for (TrainedTensor& named : trained) {
    TrainedParameter entry;
    entry.name = std::move(named.name);
    entry.parameter = std::move(named.tensor);
    entry.step_count = at::zeros({}, at::kLong);
    for (std::size_t i = 0; i < quantity_names_.size(); ++i) {
      entry.quantities.push_back(at::zeros_like(entry.parameter.detach()));
    }
    parameters_.push_back(std::move(entry));
  }
}

std::vector<NamedTensor> OptimizerState::tensors() const {
  std::vector<NamedTensor> all;
  for (const TrainedParameter& entry : parameters_) {
    all.push_back({entry.name + "/step", entry.step_count});
    for (std::size_t i = 0; i < quantity_names_.size(); ++i) {
      all.push_back({entry.name + "/" + quantity_names_[i], entry.quantities[i]});
    }
  }
  return all;
}

}  // namespace matseq
