#include "reference/tensors/reference_checkpoint.h"

#include <fmt/format.h>

#include <unordered_map>
#include <utility>

#include "matseq/error.h"

namespace matseq {

namespace {

constexpr const char* tied_name = "proj.weight";
constexpr const char* embedding_name = "embeddings.weight";
constexpr const char* position_name = "position_embeddings.weight";

/// Both names of a tied checkpoint refer to the same memory.
bool is_tied(const std::vector<NamedTensor>& decoder) {
  const torch::Tensor* output = find_tensor(decoder, tied_name);
  const torch::Tensor* embedding = find_tensor(decoder, embedding_name);
  return output != nullptr && embedding != nullptr && output->data_ptr() == embedding->data_ptr();
}

std::vector<std::pair<std::string, const torch::Tensor*>> trained(const ReferenceCheckpoint& checkpoint) {
  const auto setting = checkpoint.params.find("sinusoidal_embeddings");
  const bool sinusoidal = setting != checkpoint.params.end() && setting->is_boolean() && setting->get<bool>();
  const bool tied = is_tied(checkpoint.decoder);
  std::vector<std::pair<std::string, const torch::Tensor*>> result;
  for (const NamedTensor& named : checkpoint.encoder) {
    if (sinusoidal && named.name == position_name) continue;
    result.emplace_back("encoder." + named.name, &named.tensor);
  }
  for (const NamedTensor& named : checkpoint.decoder) {
    if ((sinusoidal && named.name == position_name) || (tied && named.name == tied_name)) continue;
    result.emplace_back("decoder." + named.name, &named.tensor);
  }
  return result;
}

}  // namespace

const torch::Tensor* find_tensor(const std::vector<NamedTensor>& tensors, const std::string& name) {
  for (const NamedTensor& named : tensors) {
    if (named.name == name) return &named.tensor;
  }
  return nullptr;
}

std::vector<NamedTensor> model_parameters(const ReferenceCheckpoint& checkpoint) {
  std::vector<NamedTensor> parameters;
  const auto add = [&parameters](const std::string& prefix, const std::vector<NamedTensor>& tensors) {
    for (const NamedTensor& named : tensors) {
      const bool real = named.tensor.is_floating_point();
      parameters.push_back({prefix + named.name, real ? named.tensor.to(torch::kFloat32) : named.tensor});
    }
  };
  add("encoder.", checkpoint.encoder);
  add("decoder.", checkpoint.decoder);
  return parameters;
}

std::vector<std::string> trained_parameters(const ReferenceCheckpoint& checkpoint) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : trained(checkpoint)) names.push_back(name);
  return names;
}

std::vector<NamedTensor> optimizer_state(const ReferenceCheckpoint& checkpoint) {
  std::vector<NamedTensor> state;
  if (!checkpoint.optimizer) return state;
  const auto parameters = trained(checkpoint);
  for (const auto& [index, quantities] : checkpoint.optimizer->state) {
    if (static_cast<std::uint64_t>(index) >= parameters.size()) {
      throw Error(fmt::format("the checkpoint's optimizer has state for parameter {}, but the model has {}", index,
                              parameters.size()));
    }
    const auto& [name, parameter] = parameters[static_cast<std::size_t>(index)];
    for (const NamedTensor& quantity : quantities) {
      if (quantity.tensor.dim() != 0 && quantity.tensor.sizes() != parameter->sizes()) {
        throw Error(fmt::format("the checkpoint's optimizer state '{}' of parameter {}, '{}', has another shape",
                                quantity.name, index, name));
      }
      state.push_back({name + "/" + quantity.name, quantity.tensor});
    }
  }
  return state;
}

ReferenceOptimizer to_reference_optimizer(const std::vector<std::string>& parameters,
                                          const std::vector<NamedTensor>& state, nlohmann::ordered_json group) {
  std::unordered_map<std::string, std::int64_t> places;
  nlohmann::ordered_json numbers = nlohmann::ordered_json::array();
  for (const std::string& name : parameters) {
    const auto place = static_cast<std::int64_t>(places.size());
    places.emplace(name, place);
    numbers.push_back(place);
  }
  ReferenceOptimizer optimizer;
  for (const NamedTensor& named : state) {
    const std::size_t slash = named.name.rfind('/');
    const auto found = places.find(named.name.substr(0, slash));
    if (slash == std::string::npos || found == places.end()) {
      throw Error(fmt::format("optimizer state '{}' belongs to no parameter of the reference's model", named.name));
    }
    const std::string quantity = named.name.substr(slash + 1);
    const bool count = quantity == "step" && named.tensor.dim() == 0;
    optimizer.state[found->second].push_back({quantity, count ? named.tensor.to(torch::kInt64) : named.tensor});
  }
  group["params"] = std::move(numbers);
  optimizer.groups.push_back(std::move(group));
  return optimizer;
}

}  // namespace matseq
