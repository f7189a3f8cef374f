#include "run/tensors/model_tensors.h"

#include <fmt/format.h>

#include <map>

#include "matseq/error.h"

namespace matseq {

std::vector<NamedTensor> model_tensors(Model& network) {
  std::vector<NamedTensor> tensors;
  for (const auto& item : network.module().named_parameters()) tensors.push_back({item.key(), item.value().detach()});
  for (const auto& item : network.module().named_buffers()) tensors.push_back({item.key(), item.value()});
  return tensors;
}

std::vector<NamedTensor> trained_parameters(Model& network) {
  std::vector<NamedTensor> parameters;
  for (const auto& item : network.module().named_parameters()) {
    if (item.value().requires_grad()) parameters.push_back({item.key(), item.value()});
  }
  return parameters;
}

void copy_into(const std::vector<NamedTensor>& to, const std::vector<NamedTensor>& from, const std::string& what) {
  std::map<std::string, torch::Tensor> values;
  for (const NamedTensor& value : from) values[value.name] = value.tensor;
  const torch::NoGradGuard no_gradients;
  for (const NamedTensor& tensor : to) {
    const auto value = values.find(tensor.name);
    if (value == values.end()) {
      throw Error(fmt::format("{}: it has no tensor '{}'; it belongs to another model or setting", what, tensor.name));
    }
    if (value->second.sizes() != tensor.tensor.sizes()) {
      const auto shape = [](const torch::Tensor& shaped) {
        return fmt::format("({})", fmt::join(shaped.sizes().begin(), shaped.sizes().end(), ", "));
      };
      throw Error(fmt::format("{}: its tensor '{}' has shape {}, the experiment's has {}", what, tensor.name,
                              shape(value->second), shape(tensor.tensor)));
    }
    tensor.tensor.copy_(value->second);
    values.erase(value);
  }
  if (!values.empty()) {
    throw Error(fmt::format("{}: it has the tensor '{}', which the experiment's model does not have", what,
                            values.begin()->first));
  }
}

}  // namespace matseq
