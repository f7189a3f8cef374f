#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "commands.h"
#include "matseq/error.h"
#include "matseq/nearest_name.h"
#include "parameter_text.h"
#include "plugins/plugin_loader.h"

namespace matseq {
namespace {

void print_documentation(const PluginLibrary& plugin) {
  std::cout << fmt::format("{} {} ({})\n{}\n{}\n", plugin.title(), plugin.version, plugin.toolchain, plugin.description,
                           plugin.file.string());
  if (plugin.schema.empty()) {
    std::cout << "\nIt has no parameters.\n";
    return;
  }
  std::cout << fmt::format("\nParameters:\n");
  for (const Parameter& parameter : plugin.schema) std::cout << explained(parameter);
}

nlohmann::ordered_json to_json(const PluginLibrary& plugin) {
  nlohmann::ordered_json parameters = nlohmann::ordered_json::array();
  for (const Parameter& parameter : plugin.schema) {
    nlohmann::ordered_json& entry = parameters.emplace_back(nlohmann::ordered_json{{"name", parameter.name}});
    entry.update(explained_json(parameter));
  }
  return {{"kind", to_string(plugin.kind)},     {"name", plugin.name},          {"version", plugin.version},
          {"description", plugin.description},  {"file", plugin.file.string()}, {"toolchain", plugin.toolchain},
          {"parameters", std::move(parameters)}};
}

/// All of them, or those of this name.
void print_inventory(const PluginLoader::Inventory& inventory, const std::string& name) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const PluginLibrary& plugin : inventory.plugins) {
    if (name.empty() || plugin.name == name) all.push_back(to_json(plugin));
  }
  std::cout << all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
}

void list_plugins(const PluginLoader::Inventory& inventory) {
  for (const PluginLibrary& plugin : inventory.plugins) {
    std::cout << fmt::format("{:<10} {:<18} {:<8} {}\n", to_string(plugin.kind), plugin.name, plugin.version,
                             plugin.description);
  }
  std::cout << "\n`matseq plugins NAME` prints a plugin's parameters.\n";
}

void require(const PluginLoader::Inventory& inventory, const std::string& name) {
  std::vector<std::string> names;
  for (const PluginLibrary& plugin : inventory.plugins) names.push_back(plugin.name);
  if (std::ranges::find(names, name) != names.end()) return;
  const std::string hint = nearest_name(name, names);
  throw Error(fmt::format("there is no plugin '{}'{} `matseq plugins` lists them", name, hint.empty() ? "." : hint));
}

void describe(const PluginLoader::Inventory& inventory, const std::string& name) {
  bool found = false;
  for (const PluginLibrary& plugin : inventory.plugins) {
    if (plugin.name != name) continue;
    if (found) std::cout << "\n";
    print_documentation(plugin);
    found = true;
  }
}

}  // namespace

void add_plugin_commands(CLI::App& app) {
  CLI::App* command = app.add_subcommand("plugins", "Lists the plugins, or explains one with its parameters");
  command->footer("Example: matseq plugins eigenvalues");
  struct Arguments {
    std::string name;
    std::vector<std::string> paths;
    bool json = false;
  };
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("name", arguments->name, "the plugin to explain");
  command->add_option("--plugin-path", arguments->paths, "further folders or libraries to look in")
      ->allow_extra_args(false);
  command->add_flag("--json", arguments->json, "print JSON instead of text");
  command->callback([arguments] {
    PluginLoader loader({arguments->paths.begin(), arguments->paths.end()});
    const PluginLoader::Inventory inventory = loader.inventory();
    if (!arguments->name.empty()) require(inventory, arguments->name);
    if (arguments->json) {
      print_inventory(inventory, arguments->name);
    } else if (arguments->name.empty()) {
      list_plugins(inventory);
    } else {
      describe(inventory, arguments->name);
    }
    std::cout.flush();
    for (const std::string& failure : inventory.failures) std::cerr << "matseq: " << failure << "\n";
  });
}

}  // namespace matseq
