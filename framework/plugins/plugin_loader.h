/// \file
/// Finds, loads and instantiates plugins by kind and name.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "matseq/encoder.h"
#include "matseq/plugin.h"
#include "matseq/schedule.h"
#include "matseq/task.h"
#include "plugins/checked_plugins.h"
#include "plugins/plugin_library.h"

namespace matseq {

/// The plugins of an experiment. A plugin of kind K and name N is the file matseq_K_N.so in one of the folders of the
/// search path, or a file of any name there that describes itself so; the same plugin found in two files is a clash.
/// Not thread-safe; what it makes is independent of it.
class PluginLoader : public PluginHost {
 public:
  /// The search path: `folders` first (each a folder or one library; from `plugin_path` in the TOML file), then those
  /// of the environment variable MATSEQ_PLUGIN_PATH (separated by ':'), then the installation's plugin folders.
  /// `untrusted` folders are not looked into; the message about a missing plugin names them.
  explicit PluginLoader(const std::vector<std::filesystem::path>& folders = {},
                        std::vector<std::filesystem::path> untrusted = {});

  /// Loads a plugin, once. Throws Error that says what was looked for and where, or which file failed and why.
  const PluginLibrary& library(PluginKind kind, const std::string& name);

  /// Loads this very file: from now on its kind and name mean it, whatever else is on the search path. Throws Error as
  /// `open_plugin` does.
  const PluginLibrary& adopt(const std::filesystem::path& file);

  const ParameterSchema& schema(PluginKind kind, const std::string& plugin) override;
  std::unique_ptr<Task> make_task(const std::string& plugin, const ParameterTable& table) override;
  std::unique_ptr<Encoder> make_encoder(const std::string& plugin, const ParameterTable& table);
  std::unique_ptr<Schedule> make_schedule(const std::string& plugin, const ParameterTable& table);

  /// Makes an object by a plugin's factory, called as `Interface::Factory` with checked parameters and `arguments`. It
  /// comes within another one that checks what it does, made by its interface's function `checked`; whatever plugin
  /// code throws becomes an Error that names the plugin.
  template <typename Interface, typename... Arguments>
  std::unique_ptr<Interface> make(const std::string& plugin, const ParameterTable& table, Arguments&... arguments) {
    const PluginLibrary& found = library(Interface::plugin_kind, plugin);
    const Parameters parameters = Parameters::check(found.schema, table, found.title());
    std::unique_ptr<Interface> made = found.origin().call("its constructor", [&] {
      const auto factory = reinterpret_cast<typename Interface::Factory>(found.create);
      return std::unique_ptr<Interface>(factory(parameters, arguments...));
    });
    if (made == nullptr) found.origin().refuse("was not made: its factory returned nothing");
    return checked(std::move(made), found.origin(), arguments...);
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

  std::vector<std::filesystem::path> candidates(PluginKind kind, const std::string& name) const;
  std::vector<std::filesystem::path> candidates_named(PluginKind kind, const std::string& name) const;
  const PluginLibrary* load(PluginKind kind, const std::string& name, std::vector<std::string>& failures);

  /// What may help when there is no such plugin.
  std::string advice(PluginKind kind, const std::string& name) const;

  std::vector<std::filesystem::path> search_path_;
  std::vector<std::filesystem::path> untrusted_;
  std::map<Key, PluginLibrary> loaded_;
};

/// What MATSEQ_PLUGIN_PATH names that is not there, one warning each.
std::vector<std::string> plugin_path_warnings();

/// The installation's plugin folders, found from the place of the framework's own library: that beside it, and where
/// the library is one of several, for processors of its level (lib/glibc-hwcaps/LEVEL, from which the dynamic loader
/// chooses), lib/matseq/plugins, which is for plugins of the user's own. These go into the last one.
std::vector<std::filesystem::path> installed_plugin_folders();

}  // namespace matseq
