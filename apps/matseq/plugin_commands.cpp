#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <string>
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

void list_plugins(const PluginLoader::Inventory& inventory) {
  for (const PluginLibrary& plugin : inventory.plugins) {
    std::cout << fmt::format("{:<10} {:<18} {:<8} {}\n", to_string(plugin.kind), plugin.name, plugin.version,
                             plugin.description);
  }
  std::cout << "\n`matseq plugins NAME` prints a plugin's parameters.\n";
}

void describe(const PluginLoader::Inventory& inventory, const std::string& name) {
  std::vector<std::string> names;
  bool found = false;
  for (const PluginLibrary& plugin : inventory.plugins) {
    names.push_back(plugin.name);
    if (plugin.name != name) continue;
    if (found) std::cout << "\n";
    print_documentation(plugin);
    found = true;
  }
  if (!found) {
    const std::string hint = nearest_name(name, names);
    throw Error(fmt::format("there is no plugin '{}'{} `matseq plugins` lists them", name, hint.empty() ? "." : hint));
  }
}

}  // namespace

void add_plugin_commands(CLI::App& app) {
  CLI::App* command = app.add_subcommand("plugins", "Lists the plugins, or prints the documentation of one");
  command->footer("Example: matseq plugins eigenvalues");
  struct Arguments {
    std::string name;
    std::vector<std::string> paths;
  };
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("name", arguments->name, "the plugin to print the parameters of");
  command->add_option("--plugin-path", arguments->paths, "further folders or libraries to look in")
      ->allow_extra_args(false);
  command->callback([arguments] {
    PluginLoader loader({arguments->paths.begin(), arguments->paths.end()});
    const PluginLoader::Inventory inventory = loader.inventory();
    if (arguments->name.empty()) {
      list_plugins(inventory);
    } else {
      describe(inventory, arguments->name);
    }
    std::cout.flush();
    for (const std::string& failure : inventory.failures) std::cerr << "matseq: " << failure << "\n";
  });
}

}  // namespace matseq
