#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "commands.h"
#include "configuration/framework_settings.h"
#include "matseq/error.h"
#include "matseq/nearest_name.h"
#include "parameter_text.h"
#include "plugins/plugin_loader.h"
#include "reference_page.h"

namespace matseq {
namespace {

struct HelpArguments {
  std::string table;
  bool json = false;
  bool markdown = false;
};

bool is_wanted(const FrameworkSetting& setting, const std::string& table) {
  return table.empty() || setting.table == table;
}

void print_settings(const std::string& table) {
  std::string last;
  for (const FrameworkSetting& setting : framework_settings()) {
    if (!is_wanted(setting, table)) continue;
    if (setting.table != last) std::cout << (last.empty() ? "[" : "\n[") << setting.table << "]\n";
    last = setting.table;
    std::cout << explained(setting.parameter, setting.changeable ? "; a continued run may change it" : "");
  }
}

void print_json(const std::string& table) {
  nlohmann::ordered_json all = nlohmann::ordered_json::object();
  for (const FrameworkSetting& setting : framework_settings()) {
    if (!is_wanted(setting, table)) continue;
    nlohmann::ordered_json& entry = all[setting.table][setting.parameter.name];
    entry = explained_json(setting.parameter);
    entry["changeable"] = setting.changeable;
  }
  std::cout << all.dump(2) << "\n";
}

void check_table(const std::string& table) {
  std::set<std::string> tables;
  for (const FrameworkSetting& setting : framework_settings()) tables.insert(setting.table);
  if (table.empty() || tables.contains(table)) return;
  const std::vector<std::string> known(tables.begin(), tables.end());
  throw Error("matseq itself has no table [" + table + "]" + nearest_name(table, known) + " It has " +
              quoted_list(known) + "; `matseq plugins NAME` explains what a plugin takes");
}

void help(const HelpArguments& arguments) {
  check_table(arguments.table);
  if (arguments.markdown) {
    PluginLoader loader;
    std::cout << reference_page(loader.inventory().plugins);
  } else if (arguments.json) {
    print_json(arguments.table);
  } else {
    print_settings(arguments.table);
  }
  std::cout.flush();
}

}  // namespace

void add_help_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "help",
      "Explains the settings of an experiment that are no plugin's, table by table: defaults, what they do, what is\n"
      "accepted. `matseq plugins NAME` explains those of a plugin, `matseq COMMAND --help` a command.");
  const auto arguments = std::make_shared<HelpArguments>();
  command->add_option("table", arguments->table, "only this table: encoding, data, training or evaluation");
  CLI::Option* json = command->add_flag("--json", arguments->json, "print JSON instead of text");
  command
      ->add_flag("--markdown", arguments->markdown,
                 "print docs/configuration.md: these and what every plugin that is found takes")
      ->excludes(json);
  command->footer("Example: matseq help training");
  command->callback([arguments] { help(*arguments); });
}

}  // namespace matseq
