#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "commands.h"
#include "configuration/framework_settings.h"
#include "matseq/error.h"
#include "matseq/nearest_name.h"
#include "parameter_text.h"

namespace matseq {
namespace {

void print_settings(const std::string& table) {
  std::string last;
  for (const FrameworkSetting& setting : framework_settings()) {
    if (!table.empty() && setting.table != table) continue;
    if (setting.table != last) std::cout << (last.empty() ? "[" : "\n[") << setting.table << "]\n";
    last = setting.table;
    std::cout << explained(setting.parameter, setting.changeable ? "; a continued run may change it" : "");
  }
  if (!last.empty()) return;
  std::set<std::string> tables;
  for (const FrameworkSetting& setting : framework_settings()) tables.insert(setting.table);
  const std::vector<std::string> known(tables.begin(), tables.end());
  throw Error("matseq itself has no table [" + table + "]" + nearest_name(table, known) + " It has " +
              quoted_list(known) + "; `matseq plugins NAME` explains what a plugin takes");
}

}  // namespace

void add_settings_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "settings",
      "The settings of an experiment that are no plugin's, table by table: defaults, what they do, what is "
      "accepted");
  const auto table = std::make_shared<std::string>();
  command->add_option("table", *table, "only this table: encoding, data, training or evaluation");
  command->callback([table] {
    print_settings(*table);
    std::cout.flush();
  });
}

}  // namespace matseq
