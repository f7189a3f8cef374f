/// \file
/// Finds, loads and instantiates plugins by kind and name.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "matseq/encoder.h"
#include "matseq/plugin.h"
#include "matseq/schedule.h"
#include "matseq/task.h"
#include "plugins/plugin_library.h"

namespace matseq {

/// The plugins of an experiment. A plugin of kind K and name N is the file matseq_K_N.so in one of the folders of the
/// search path, or a file of any name there that describes itself so; the same plugin found in two files is a clash.
/// Not thread-safe; what it makes is independent of it.
class PluginLoader : public PluginHost {
 public:
  /// The search path: `folders` first (each a folder or one library; from `plugin_path` in the TOML file), then those
  /// of the environment variable MATSEQ_PLUGIN_PATH (separated by ':'), then the installation's plugin folder.
  explicit PluginLoader(const std::vector<std::filesystem::path>& folders = {});

  /// Loads a plugin, once. Throws Error that says what was looked for and where, or which file failed and why.
  const PluginLibrary& library(PluginKind kind, const std::string& name);

  const ParameterSchema& schema(PluginKind kind, const std::string& plugin) override;
  std::unique_ptr<Task> make_task(const std::string& plugin, const ParameterTable& table) override;
  std::unique_ptr<Encoder> make_encoder(const std::string& plugin, const ParameterTable& table);
  std::unique_ptr<Schedule> make_schedule(const std::string& plugin, const ParameterTable& table);

  /// Makes an object by a plugin's factory, called as `Interface::Factory` with checked parameters and `arguments`.
  /// Whatever a factory throws becomes an Error that names the file.
  template <typename Interface, typename... Arguments>
  std::unique_ptr<Interface> make(const std::string& plugin, const ParameterTable& table, Arguments&&... arguments) {
    const PluginLibrary& found = library(Interface::plugin_kind, plugin);
    check_toolchain(found, Interface::toolchain);
    const Parameters parameters = Parameters::check(found.schema, table, found.title());
    std::unique_ptr<Interface> made;
    guard(found, [&] {
      const auto factory = reinterpret_cast<typename Interface::Factory>(found.create);
      made.reset(factory(parameters, std::forward<Arguments>(arguments)...));
    });
    require_made(found, made != nullptr);
    return made;
  }

  /// Everything on the search path: the plugins by kind and name, and why the other libraries there are none.
  struct Inventory {
    std::vector<PluginLibrary> plugins;
    std::vector<std::string> failures;
  };
  Inventory inventory();

  const std::vector<std::filesystem::path>& search_path() const { return search_path_; }

 private:
  using Key = std::pair<PluginKind, std::string>;

  static void guard(const PluginLibrary& library, const std::function<void()>& action);
  static void check_toolchain(const PluginLibrary& library, const char* expected);
  static void require_made(const PluginLibrary& library, bool made);
  std::vector<std::filesystem::path> candidates(PluginKind kind, const std::string& name) const;
  const PluginLibrary* load(PluginKind kind, const std::string& name, std::vector<std::string>& failures);

  std::vector<std::filesystem::path> search_path_;
  std::map<Key, PluginLibrary> loaded_;
};

/// The installation's plugin folder, found from the place of the framework's own library.
std::filesystem::path installed_plugin_folder();

}  // namespace matseq
