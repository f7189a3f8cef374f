#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "commands.h"
#include "matseq/error.h"
#include "matseq/nearest_name.h"
#include "matseq/printable.h"
#include "matseq/testing.h"
#include "plugins/plugin_loader.h"
#include "text_table.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_finding = 1000;

struct CheckArguments {
  std::string plugin;
  std::string kind;
  std::vector<std::string> settings;
  bool json = false;
};

/// A plugin file as its name says it: matseq_KIND_NAME.so.
struct NamedFile {
  fs::path file;
  std::string kind;
  std::string name;
};

std::vector<NamedFile> named_files() {
  std::vector<NamedFile> files;
  const PluginLoader loader;
  for (const fs::path& place : loader.search_path()) {
    std::error_code error;
    for (fs::directory_iterator entry(place, error), end; !error && entry != end; entry.increment(error)) {
      const std::string stem = entry->path().stem().string();
      const std::size_t kind = stem.find('_'), name = kind == std::string::npos ? kind : stem.find('_', kind + 1);
      if (name == std::string::npos || !stem.starts_with("matseq_") || entry->path().extension() != ".so") continue;
      files.push_back({entry->path(), stem.substr(kind + 1, name - kind - 1), stem.substr(name + 1)});
    }
  }
  return files;
}

/// The library that the argument means: a file, or the name of a plugin on the search path.
fs::path find_library(const CheckArguments& arguments) {
  if (arguments.plugin.find('/') != std::string::npos || arguments.plugin.ends_with(".so")) return arguments.plugin;
  std::vector<NamedFile> files = named_files();
  std::erase_if(files, [&](const NamedFile& file) { return !arguments.kind.empty() && file.kind != arguments.kind; });
  std::vector<std::string> names, kinds;
  const NamedFile* found = nullptr;
  for (const NamedFile& file : files) {
    names.push_back(file.name);
    if (file.name != arguments.plugin) continue;
    if (std::ranges::find(kinds, file.kind) == kinds.end()) kinds.push_back(file.kind);
    if (found == nullptr) found = &file;
  }
  if (kinds.size() > 1) {
    throw Error(fmt::format("'{}' is the name of plugins of several kinds, {}; say which by --kind", arguments.plugin,
                            quoted_list(kinds)));
  }
  if (found == nullptr) {
    const std::string hint = nearest_name(arguments.plugin, names);
    throw Error(
        fmt::format("there is no plugin '{}'{} `matseq plugins` lists them; one of your own is named by its "
                    "file, build/matseq_KIND_NAME.so",
                    printable(arguments.plugin), hint.empty() ? "." : hint));
  }
  return found->file;
}

void print_table(const PluginLibrary& library, const std::vector<testing::ContractCheck>& checks,
                 std::ptrdiff_t failures) {
  TextTable table({{"result"}, {"check"}, {"found"}});
  for (const testing::ContractCheck& check : checks) {
    table.add({check.passed ? "ok" : "FAILED", check.name, printable(check.finding, longest_finding)});
  }
  std::cout << fmt::format("{} {} ({})\n{}", library.title(), library.version, library.file.string(), table.text());
  std::cout << (failures == 0
                    ? fmt::format("It keeps to its contract: {} checks.\n", checks.size())
                    : fmt::format("It breaks its contract: {} of {} checks failed.\n", failures, checks.size()));
}

void print_json(const PluginLibrary& library, const std::vector<testing::ContractCheck>& checks,
                std::ptrdiff_t failures) {
  nlohmann::ordered_json report = {{"kind", to_string(library.kind)}, {"name", library.name},
                                   {"version", library.version},      {"file", library.file.string()},
                                   {"passed", failures == 0},         {"checks", nlohmann::ordered_json::array()}};
  for (const testing::ContractCheck& check : checks) {
    report["checks"].push_back(
        {{"name", check.name}, {"passed", check.passed}, {"found", printable(check.finding, longest_finding)}});
  }
  std::cout << report.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
}

void check(const CheckArguments& arguments) {
  const fs::path file = find_library(arguments);
  const PluginLibrary library = open_plugin(file);
  const std::vector<testing::ContractCheck> checks = testing::check_plugin(file.string(), arguments.settings);
  const std::ptrdiff_t failures = std::ranges::count(checks, false, &testing::ContractCheck::passed);
  (arguments.json ? print_json : print_table)(library, checks, failures);
  if (failures > 0) throw CLI::RuntimeError(1);
}

}  // namespace

void add_check_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("check", "Holds a plugin against the contract of its kind");
  const auto arguments = std::make_shared<CheckArguments>();
  command->add_option("plugin", arguments->plugin, "its library, or the name of a plugin that is installed")
      ->required();
  command->add_option("--kind", arguments->kind, "the kind, where several plugins have that name")
      ->check(CLI::IsMember({"task", "encoder", "schedule", "optimizer", "model"}));
  command
      ->add_option("--set", arguments->settings,
                   "key=value of its TOML table, instead of its default (may be given several times)")
      ->allow_extra_args(false);
  command->add_flag("--json", arguments->json, "print JSON instead of a table");
  command->footer(
      "The exit status is 1 when a check fails. A plugin's own tests call the same: matseq/testing.h.\n"
      "Example: matseq check build/matseq_task_row_sums.so --set max_dimension=7");
  command->callback([arguments] { check(*arguments); });
}

}  // namespace matseq
