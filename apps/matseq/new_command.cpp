#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "files/atomic_file.h"
#include "matseq/error.h"
#include "matseq/nearest_name.h"
#include "matseq/printable.h"
#include "plugin_skeleton.h"
#include "plugins/plugin_loader.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_name = 40;
constexpr std::array kinds = {PluginKind::task, PluginKind::encoder, PluginKind::schedule, PluginKind::optimizer,
                              PluginKind::model};

struct NewArguments {
  std::string kind;
  std::string name;
  std::string parent = ".";
};

void check_name(const std::string& name) {
  const auto accepted = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_';
  };
  const bool begins_well = !name.empty() && name[0] >= 'a' && name[0] <= 'z';
  if (begins_well && name.size() <= longest_name && std::ranges::all_of(name, accepted)) return;
  throw Error(
      fmt::format("'{}' cannot be a plugin's name; lower case letters, digits and '_' make one, a letter first, "
                  "at most {} characters",
                  printable(name), longest_name));
}

bool is_taken(PluginKind kind, const std::string& name) {
  const std::string file = fmt::format("matseq_{}_{}.so", to_string(kind), name);
  const PluginLoader loader;
  return std::ranges::any_of(loader.search_path(), [&](const fs::path& place) {
    std::error_code error;
    return fs::exists(place / file, error);
  });
}

/// Without the ".." of the executable's run path.
fs::path plugin_folder() { return fs::weakly_canonical(installed_plugin_folders().back()); }

/// Where this matseq is installed; empty when it runs from where it was built.
fs::path prefix() {
  for (fs::path folder = plugin_folder(); folder.has_relative_path(); folder = folder.parent_path()) {
    std::error_code error;
    for (const char* library : {"lib", "lib64"}) {
      if (fs::exists(folder / library / "cmake" / "matseq" / "matseqConfig.cmake", error)) return folder;
    }
    for (const fs::directory_entry& entry : fs::directory_iterator(folder / "lib", error)) {  // lib/x86_64-linux-gnu
      if (fs::exists(entry.path() / "cmake" / "matseq" / "matseqConfig.cmake", error)) return folder;
    }
  }
  return {};
}

/// The build folder that this matseq runs from.
fs::path build_folder() { return plugin_folder().parent_path().parent_path().parent_path(); }

void write_files(const fs::path& folder, const std::map<fs::path, std::string>& files) {
  for (const auto& [path, text] : files) {
    const fs::path parent = (folder / path).parent_path();
    std::error_code error;
    fs::create_directories(parent, error);
    if (error) throw Error(fmt::format("'{}' cannot be made: {}", printable(parent.string()), error.message()));
    write_atomically(folder / path, text);
  }
}

PluginKind kind_of(const std::string& text) {
  std::vector<std::string> names;
  for (const PluginKind kind : kinds) {
    names.emplace_back(to_string(kind));
    if (names.back() == text) return kind;
  }
  const std::string hint = nearest_name(text, names);
  throw Error(fmt::format("there is no kind of plugin '{}'{} Kinds: {}", printable(text), hint.empty() ? "." : hint,
                          quoted_list(names)));
}

/// For a shell: in quotes where it has anything but the usual characters of paths.
std::string shell_word(const std::string& any_path) {
  constexpr const char* usual = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./";
  constexpr std::size_t longest_path = 4096;
  std::string path = printable(any_path, longest_path);
  if (path.find_first_not_of(usual) == std::string::npos) return path;
  std::string word = "'";
  for (const char letter : path) word += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return word + "'";
}

/// The commands from here to a printed score, to be copied.
std::string next_commands(PluginKind kind, const std::string& name, const fs::path& folder) {
  const fs::path installed = prefix();
  std::string text;
  std::string where = shell_word(installed.string());
  if (installed.empty()) {
    where = "$HOME/matseq";
    text += fmt::format("  cmake --install {} --prefix {}\n", shell_word(build_folder().string()), where);
  }
  return text + fmt::format(
                    "  cd {0}\n"
                    "  cmake -B build -D CMAKE_PREFIX_PATH={1}\n"
                    "  cmake --build build\n"
                    "  ctest --test-dir build\n"
                    "  {1}/bin/matseq check build/matseq_{2}_{3}.so\n"
                    "  {1}/bin/matseq train {3}.toml --run run\n"
                    "  {1}/bin/matseq eval run --trust-plugins --show 3\n",
                    shell_word(folder.string()), where, to_string(kind), name);
}

void write_plugin(const NewArguments& arguments) {
  const PluginKind kind = kind_of(arguments.kind);
  check_name(arguments.name);
  const fs::path folder = (fs::path(arguments.parent) / arguments.name).lexically_normal();
  if (fs::exists(folder)) {
    throw Error(fmt::format("'{}' is there already; choose another name, or another folder by --dir",
                            printable(folder.string())));
  }
  if (is_taken(kind, arguments.name)) {
    std::cerr << fmt::format("warning: matseq has a {} '{}' already; give yours another name before you install it\n",
                             to_string(kind), arguments.name);
  }
  write_files(folder, plugin_skeleton(kind, arguments.name));
  std::cout << fmt::format(
      "{0}: a {1} to begin with. Its two functions to fill in are in {2}.cpp.\n"
      "It builds and trains as it is:\n{3}",
      folder.string(), to_string(kind), arguments.name, next_commands(kind, arguments.name, folder));
}

}  // namespace

void add_new_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("new", "Writes the folder of a new plugin, which builds and trains as it is");
  const auto arguments = std::make_shared<NewArguments>();
  command->add_option("kind", arguments->kind, "task, encoder, schedule, optimizer or model")->required();
  command->add_option("name", arguments->name, "its name, as TOML will have it: lower case letters, digits, '_'")
      ->required();
  command->add_option("--dir", arguments->parent, "the folder that its folder is made in (default: here)");
  command->footer("Example: matseq new task row_maxima --dir ~/plugins");
  command->callback([arguments] { write_plugin(*arguments); });
}

}  // namespace matseq
