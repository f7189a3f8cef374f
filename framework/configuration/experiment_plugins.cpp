#include "configuration/experiment_plugins.h"

#include <algorithm>
#include <array>
#include <system_error>

namespace matseq {

bool is_run_configuration(const std::filesystem::path& file) {
  constexpr std::array written_by_training = {"state.json", "metrics.jsonl", "model.safetensors", "train.log"};
  if (file.filename() != "config.toml") return false;
  return std::ranges::any_of(written_by_training, [&file](const char* name) {
    std::error_code error;
    return std::filesystem::exists(file.parent_path() / name, error);
  });
}

PluginLoader experiment_plugins(const Experiment& experiment, bool trusted) {
  const auto& values = experiment.document.values.entries;
  const auto path = values.find("plugin_path");
  const bool users_own = path != values.end() && is_override(path->second);
  if (trusted || users_own) return PluginLoader(experiment.plugin_path);
  return PluginLoader({}, experiment.plugin_path);
}

}  // namespace matseq
