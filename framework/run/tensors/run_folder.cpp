#include "run/tensors/run_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <system_error>

#include "files/atomic_file.h"
#include "matseq/error.h"
#include "matseq/nearest_name.h"
#include "run/tensors/safetensors.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

constexpr const char* update_key = "update";
constexpr const char* generator_name = "generator/cpu";

fs::path next_name(const fs::path& file) { return file.string() + ".next"; }

void rename_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) throw Error(fmt::format("{}: cannot be renamed to {}: {}", from.string(), to.string(), error.message()));
}

/// The update at which a file of tensors was written, -1 when it does not say.
std::int64_t update_of(const std::map<std::string, std::string>& metadata_of_file) {
  const auto found = metadata_of_file.find(update_key);
  if (found == metadata_of_file.end()) return -1;
  try {
    return std::stoll(found->second);
  } catch (const std::exception&) {
    return -1;
  }
}

std::map<std::string, std::string> metadata(const TrainingState& state) {
  return {{"format", "pt"}, {update_key, std::to_string(state.update)}};
}

/// The tensors of a file that belongs to this update: the last crash may have left it under its other name.
std::vector<NamedTensor> tensors_at(const fs::path& file, std::int64_t update) {
  for (const fs::path& candidate : {next_name(file), file}) {
    if (!fs::exists(candidate)) continue;
    SafetensorsFile read = read_safetensors(candidate);
    if (update_of(read.metadata) == update) return std::move(read.tensors);
  }
  throw Error(fmt::format("{}: it is missing or not of update {}, which state.json names", file.string(), update));
}

}  // namespace

fs::path RunFolder::model(const std::string& checkpoint) const { return folder_ / (checkpoint + ".safetensors"); }

bool RunFolder::has_checkpoint() const { return fs::exists(state()); }

void RunFolder::save(const TrainingState& training, Model& network, const Optimizer& trained) const {
  // Completes a save that a crash cut short: its tensors still lie under their `.next` names, which this save would
  // overwrite.
  if (const std::optional<TrainingState> saved = read_state()) finish_save(*saved);
  write_safetensors(next_name(model()), model_tensors(network), metadata(training));
  std::vector<NamedTensor> states = trained.state();
  states.push_back({generator_name, at::detail::getDefaultCPUGenerator().get_state()});
  write_safetensors(next_name(optimizer()), states, metadata(training));
  write_atomically(state(), to_json(training).dump(1) + "\n");
  finish_save(training);
}

void RunFolder::finish_save(const TrainingState& training) const {
  for (const fs::path& file : {model(), optimizer()}) {
    const fs::path next = next_name(file);
    if (!fs::exists(next)) continue;
    if (update_of(read_safetensors_metadata(next)) == training.update) rename_file(next, file);
  }
}

std::optional<TrainingState> RunFolder::read_state() const {
  std::ifstream stream(state());
  if (!stream) return std::nullopt;
  try {
    return training_state_from_json(nlohmann::json::parse(stream), state());
  } catch (const nlohmann::json::exception& error) {
    throw Error(fmt::format("{}: not JSON: {}", state().string(), error.what()));
  }
}

TrainingState RunFolder::training_state() const {
  const std::optional<TrainingState> saved = read_state();
  if (!saved) throw Error(fmt::format("{}: there is no checkpoint to continue from", folder_.string()));
  return *saved;
}

TrainingState RunFolder::load(Model& network, Optimizer& trained) const {
  const TrainingState saved = training_state();
  copy_into(model_tensors(network), tensors_at(model(), saved.update), model().string());

  std::vector<NamedTensor> states = tensors_at(optimizer(), saved.update);
  const auto generator =
      std::ranges::find_if(states, [](const NamedTensor& tensor) { return tensor.name == generator_name; });
  if (generator != states.end()) {
    const torch::Tensor expected = at::detail::getDefaultCPUGenerator().get_state();
    if (generator->tensor.sizes() != expected.sizes() || generator->tensor.scalar_type() != expected.scalar_type()) {
      throw Error(fmt::format("{}: its random generator's state is not LibTorch's", optimizer().string()));
    }
    torch::Generator restored = at::detail::getDefaultCPUGenerator();
    restored.set_state(generator->tensor);
    states.erase(generator);
  }
  copy_into(trained.state(), states, optimizer().string());
  return saved;
}

void RunFolder::save_weights(const std::string& checkpoint, Model& network, const TrainingState& training) const {
  write_safetensors(model(checkpoint), model_tensors(network), metadata(training));
}

void RunFolder::load_weights(const std::string& checkpoint, Model& network) const {
  if (checkpoint == "model") {
    if (const std::optional<TrainingState> saved = read_state()) {
      copy_into(model_tensors(network), tensors_at(model(), saved->update), model().string());
      return;
    }
  }
  const fs::path file = model(checkpoint);
  if (!fs::exists(file)) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error)) {
      const std::string stem = entry->path().stem().string();
      if (entry->path().extension() == ".safetensors" && stem != "optimizer") names.push_back(stem);
    }
    std::ranges::sort(names);
    throw Error(fmt::format("{}: there is no checkpoint '{}'; this run has: {}", folder_.string(), checkpoint,
                            names.empty() ? "none" : quoted_list(names)));
  }
  copy_into(model_tensors(network), read_safetensors(file).tensors, file.string());
}

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
