#include "training/parameter_roles.h"

#include <set>
#include <string>

#include "matseq/torch.h"
#include "run/tensors/model_tensors.h"

namespace matseq {
namespace {

std::set<std::string> embedding_tables(torch::nn::Module& module) {
  std::set<std::string> names;
  for (const auto& part : module.named_modules("", /*include_self=*/false)) {
    if (part.value()->as<torch::nn::EmbeddingImpl>() != nullptr) names.insert(part.key() + ".weight");
  }
  return names;
}

}  // namespace

std::vector<TrainedTensor> parameters_to_train(Model& model, std::int64_t vocabulary_size) {
  const std::set<std::string> tables = embedding_tables(model.module());
  const auto by_default = [&](const NamedTensor& parameter) {
    if (tables.contains(parameter.name)) return ParameterRole::embedding;
    if (parameter.tensor.dim() < 2) return ParameterRole::bias_or_gain;
    return parameter.tensor.size(0) == vocabulary_size ? ParameterRole::output : ParameterRole::matrix;
  };
  std::vector<TrainedTensor> result;
  for (const NamedTensor& parameter : trained_parameters(model)) {
    result.push_back({parameter.name, parameter.tensor, model.role(parameter.name).value_or(by_default(parameter))});
  }
  return result;
}

}  // namespace matseq
