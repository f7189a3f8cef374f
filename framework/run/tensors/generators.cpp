#include "run/tensors/generators.h"

#include <fmt/format.h>

#include <mutex>

#include "matseq/error.h"

namespace matseq {
namespace {

const std::string prefix = "generator/";

struct NamedGenerator {
  std::string name;
  torch::Generator generator;
};

std::vector<NamedGenerator> generators(const torch::Device& device) {
  std::vector<NamedGenerator> found = {{prefix + "cpu", at::detail::getDefaultCPUGenerator()}};
  if (device.is_cuda()) found.push_back({prefix + "cuda", at::globalContext().defaultGenerator(device)});
  return found;
}

}  // namespace

std::vector<NamedTensor> generator_states(const torch::Device& device) {
  std::vector<NamedTensor> states;
  for (NamedGenerator& named : generators(device)) {
    const std::lock_guard<std::mutex> lock(named.generator.mutex());
    states.push_back({named.name, named.generator.get_state()});
  }
  return states;
}

void restore_generators(std::vector<NamedTensor>& tensors, const torch::Device& device, const std::string& what) {
  for (NamedGenerator& named : generators(device)) {
    for (const NamedTensor& saved : tensors) {
      if (saved.name != named.name) continue;
      const std::lock_guard<std::mutex> lock(named.generator.mutex());
      const torch::Tensor expected = named.generator.get_state();
      if (saved.tensor.sizes() != expected.sizes() || saved.tensor.scalar_type() != expected.scalar_type()) {
        throw Error(fmt::format("{}: its random generator's state '{}' is not LibTorch's", what, saved.name));
      }
      named.generator.set_state(saved.tensor);
    }
  }
  std::erase_if(tensors, [](const NamedTensor& tensor) { return tensor.name.starts_with(prefix); });
}

}  // namespace matseq
