#include "plugins/plugin_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/dll/runtime_symbol_info.hpp>
#include <cstdlib>
#include <set>

#include "matseq/error.h"
#include "matseq/nearest_name.h"
#include "matseq/printable.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

constexpr const char* file_prefix = "matseq_";
constexpr const char* path_variable = "MATSEQ_PLUGIN_PATH";

constexpr std::array all_kinds = {PluginKind::task, PluginKind::encoder, PluginKind::schedule, PluginKind::optimizer,
                                  PluginKind::model};

std::string conventional_name(PluginKind kind, const std::string& name) {
  return fmt::format("{}{}_{}.so", file_prefix, to_string(kind), name);
}

/// True for files that say kind and name by their own name; others must be opened to know.
bool is_conventional(const fs::path& file) {
  const std::string name = file.filename().string();
  return std::ranges::any_of(all_kinds, [&name](PluginKind kind) {
    return name.starts_with(fmt::format("{}{}_", file_prefix, to_string(kind)));
  });
}

/// The libraries at one place of the search path, sorted so that errors do not depend on the file system.
std::vector<fs::path> libraries_at(const fs::path& place) {
  std::error_code error;
  if (fs::is_regular_file(place, error)) return {place};
  std::vector<fs::path> files;
  for (fs::directory_iterator file(place, error), end; !error && file != end; file.increment(error)) {
    if (file->path().extension() == ".so" && file->is_regular_file(error)) files.push_back(file->path());
  }
  std::ranges::sort(files);
  return files;
}

/// The places in order, each once whatever it is called.
void add_place(std::vector<fs::path>& places, const fs::path& place) {
  std::error_code error;
  const fs::path canonical = fs::weakly_canonical(place, error);
  const fs::path& added = error ? place : canonical;
  if (std::ranges::find(places, added) == places.end()) places.push_back(added);
}

/// The places in MATSEQ_PLUGIN_PATH.
std::vector<fs::path> environment_places() {
  std::vector<fs::path> places;
  const char* variable = std::getenv(path_variable);
  const std::string text = variable == nullptr ? "" : variable;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(':', begin), text.size());
    if (end > begin) places.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return places;
}

}  // namespace

std::vector<std::string> plugin_path_warnings() {
  std::vector<std::string> warnings;
  for (const fs::path& place : environment_places()) {
    std::error_code error;
    if (fs::exists(place, error)) continue;
    warnings.push_back(fmt::format("{} names '{}', which is not there", path_variable, printable(place.string())));
  }
  return warnings;
}

std::vector<fs::path> installed_plugin_folders() {
  const fs::path library = boost::dll::this_line_location().string();
  const fs::path own = library.parent_path(), levels = own.parent_path();
  const fs::path below = fs::path("matseq") / "plugins";
  if (levels.filename() != "glibc-hwcaps") return {own / below};
  return {own / below, levels.parent_path() / below};
}

PluginLoader::PluginLoader(const std::vector<fs::path>& folders, std::vector<fs::path> untrusted)
    : untrusted_(std::move(untrusted)) {
  for (const fs::path& folder : folders) {
    if (!fs::exists(folder)) {
      throw Error(fmt::format("plugin_path: there is no folder or library '{}'", folder.string()));
    }
    add_place(search_path_, folder);
  }
  for (const fs::path& folder : environment_places()) add_place(search_path_, folder);
  for (const fs::path& folder : installed_plugin_folders()) add_place(search_path_, folder);
}

std::vector<fs::path> PluginLoader::candidates_named(PluginKind kind, const std::string& name) const {
  std::vector<fs::path> found = candidates(kind, name);
  std::erase_if(found, [&](const fs::path& file) { return file.filename() != conventional_name(kind, name); });
  return found;
}

std::vector<fs::path> PluginLoader::candidates(PluginKind kind, const std::string& name) const {
  std::vector<fs::path> found;
  for (const fs::path& place : search_path_) {
    for (const fs::path& file : libraries_at(place)) {
      if (std::ranges::find(found, file) != found.end()) continue;  // its folder is on the search path, too
      const bool named = file.filename() == conventional_name(kind, name);
      // A file given by itself, or of an unconventional name, may be any plugin.
      if (named || place == file || !is_conventional(file)) found.push_back(file);
    }
  }
  return found;
}

const PluginLibrary* PluginLoader::load(PluginKind kind, const std::string& name, std::vector<std::string>& failures) {
  std::vector<PluginLibrary> matches;
  for (const fs::path& file : candidates(kind, name)) {
    const bool named = file.filename() == conventional_name(kind, name);
    try {
      PluginLibrary opened = open_plugin(file);
      if (opened.kind == kind && opened.name == name) {
        matches.push_back(std::move(opened));
      } else if (named) {
        throw Error(fmt::format("plugin {}: by its file name it should be {} '{}', but it says it is {}", file.string(),
                                to_string(kind), name, opened.title()));
      }
    } catch (const Error& error) {
      if (named) throw;  // this is the file that was asked for: its own reason is the answer
      failures.emplace_back(error.what());
    }
  }
  if (matches.empty()) return nullptr;
  if (matches.size() > 1) {
    throw Error(fmt::format("{} is in two plugin files, {} and {}; remove one from the search path", matches[0].title(),
                            matches[0].file.string(), matches[1].file.string()));
  }
  return &loaded_.emplace(Key{kind, name}, std::move(matches[0])).first->second;
}

const PluginLibrary& PluginLoader::library(PluginKind kind, const std::string& name) {
  if (const auto known = loaded_.find({kind, name}); known != loaded_.end()) return known->second;
  std::vector<std::string> failures;
  if (const PluginLibrary* found = load(kind, name, failures)) return *found;

  std::set<std::string> names;
  std::string places;
  const std::string beginning = fmt::format("{}{}_", file_prefix, to_string(kind));
  for (const fs::path& place : search_path_) {
    places += "\n  " + place.string();
    for (const fs::path& file : libraries_at(place)) {
      const std::string stem = file.stem().string();
      if (stem.starts_with(beginning)) names.insert(stem.substr(beginning.size()));
    }
  }
  const std::vector<std::string> known(names.begin(), names.end());
  const std::string hint = nearest_name(name, known);
  std::string message =
      fmt::format("there is no {} plugin '{}'{} Known: {}. Looked for {} in{}", to_string(kind), printable(name),
                  hint.empty() ? "." : hint, quoted_list(known), printable(conventional_name(kind, name)), places);
  message += advice(kind, name);
  for (const std::string& failure : failures) message += "\n" + failure;
  throw Error(message);
}

const PluginLibrary& PluginLoader::adopt(const fs::path& file) {
  PluginLibrary opened = open_plugin(file);
  const Key key{opened.kind, opened.name};
  return loaded_.insert_or_assign(key, std::move(opened)).first->second;
}

std::string PluginLoader::advice(PluginKind kind, const std::string& name) const {
  std::string text;
  for (const PluginKind other : all_kinds) {
    if (other == kind || candidates_named(other, name).empty()) continue;
    text += fmt::format("\nThere is a plugin of this name, but it is of kind {}.", to_string(other));
  }
  if (untrusted_.empty()) {
    return text + fmt::format(
                      "\nThe folder of a plugin of your own is named by {}, or by plugin_path = [\"FOLDER\"] at "
                      "the top of the experiment file.",
                      path_variable);
  }
  for (const fs::path& place : untrusted_) {
    text += fmt::format("\nNot looked for in {}", printable(place.string()));
  }
  return text + fmt::format(
                    "\nThe run's config.toml names these, and plugins are code that runs as you do. If you trust "
                    "it, give --trust-plugins, or name a folder of your own in {} or by --set plugin_path.",
                    path_variable);
}

const ParameterSchema& PluginLoader::schema(PluginKind kind, const std::string& plugin) {
  return library(kind, plugin).schema;
}

std::unique_ptr<Task> PluginLoader::make_task(const std::string& plugin, const ParameterTable& table) {
  PluginHost& host = *this;
  return make<Task>(plugin, table, host);
}

std::unique_ptr<Encoder> PluginLoader::make_encoder(const std::string& plugin, const ParameterTable& table) {
  return make<Encoder>(plugin, table);
}

std::unique_ptr<Schedule> PluginLoader::make_schedule(const std::string& plugin, const ParameterTable& table) {
  return make<Schedule>(plugin, table);
}

PluginLoader::Inventory PluginLoader::inventory() {
  Inventory all;
  std::map<Key, fs::path> seen;
  for (const fs::path& place : search_path_) {
    for (const fs::path& file : libraries_at(place)) {
      try {
        PluginLibrary opened = open_plugin(file);
        const auto [other, is_new] = seen.emplace(Key{opened.kind, opened.name}, file);
        if (!is_new && other->second == file) continue;
        if (!is_new) {
          throw Error(
              fmt::format("plugin {}: {} is also in {}", file.string(), opened.title(), other->second.string()));
        }
        all.plugins.push_back(std::move(opened));
      } catch (const Error& error) {
        all.failures.emplace_back(error.what());
      }
    }
  }
  std::ranges::sort(all.plugins, [](const PluginLibrary& first, const PluginLibrary& second) {
    return std::pair(first.kind, first.name) < std::pair(second.kind, second.name);
  });
  return all;
}

}  // namespace matseq
