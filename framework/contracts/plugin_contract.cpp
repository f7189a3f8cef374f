#include <dlfcn.h>
#include <fmt/format.h>

#include "configuration/toml_document.h"
#include "contracts/contracts.h"
#include "contracts/tensor_contracts.h"
#include "matseq/printable.h"
#include "matseq/testing.h"

namespace matseq {
namespace {

/// The plugin's table in a TOML file of these settings, under its kind's name.
ParameterTable table_of(PluginKind kind, const std::vector<std::string>& settings) {
  const std::string name = to_string(kind);
  std::vector<std::string> overrides;
  for (const std::string& setting : settings) {
    if (setting.find('=') == std::string::npos) {
      throw Error(fmt::format("the setting '{}' has no value; accepted is key=value", printable(setting)));
    }
    overrides.push_back(name + "." + setting);
  }
  ParameterTable table = parse_toml("", "settings", overrides).tables[name];
  table.prefix = name;
  return table;
}

/// matseq_training lies beside matseq_framework, whose run path finds it. It is never unloaded: LibTorch cannot be.
decltype(&matseq_check_tensor_contracts) tensor_contracts() {
  void* library = dlopen(MATSEQ_TRAINING_LIBRARY, RTLD_NOW | RTLD_GLOBAL);
  void* symbol = library == nullptr ? nullptr : dlsym(library, "matseq_check_tensor_contracts");
  if (symbol == nullptr) {
    const char* reason = dlerror();
    throw Error(fmt::format("the checks that need LibTorch cannot be loaded: {}",
                            reason == nullptr ? "unknown reason" : reason));
  }
  return reinterpret_cast<decltype(&matseq_check_tensor_contracts)>(symbol);
}

void check_contract(ContractList& list, const CheckedPlugin& plugin) {
  switch (plugin.library.kind) {
    case PluginKind::task:
      return check_task_contract(list, plugin);
    case PluginKind::encoder:
      return check_encoder_contract(list, plugin);
    case PluginKind::schedule:
      return check_schedule_contract(list, plugin);
    case PluginKind::optimizer:
    case PluginKind::model:
      return tensor_contracts()(list, plugin);
  }
}

}  // namespace

namespace testing {

std::vector<ContractCheck> check_plugin(const std::string& file, const std::vector<std::string>& settings) {
  PluginLoader loader;
  const PluginLibrary& library = loader.adopt(file);
  const CheckedPlugin plugin{loader, library, table_of(library.kind, settings)};
  Parameters::check(library.schema, plugin.table, library.title());
  ContractList list;
  check_schema_contract(list, plugin);
  check_contract(list, plugin);
  return list.take();
}

std::string broken_contracts(const std::string& file, const std::vector<std::string>& settings) {
  std::string text;
  for (const ContractCheck& check : check_plugin(file, settings)) {
    if (check.passed) continue;
    text += (text.empty() ? "" : "\n") + check.name + ": " + check.finding;
  }
  return text;
}

}  // namespace testing
}  // namespace matseq
