#include "plugins/plugin_library.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/dll/shared_library.hpp>
#include <cstddef>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

#include "files/byte_source.h"
#include "matseq/error.h"
#include "matseq/printable.h"
#include "matseq/toolchain.h"
#include "plugins/elf_file.h"

namespace matseq {
namespace {

constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_line = 400;
constexpr std::size_t most_parameters = 1000;

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& reason) {
  throw Error(fmt::format("plugin {}: {}", file.string(), reason));
}

/// A descriptor's text, bounded and printable, or a refusal.
std::string checked_text(const std::filesystem::path& file, const char* text, const char* what, std::size_t longest) {
  if (text == nullptr) refuse(file, fmt::format("its descriptor has no {}", what));
  const std::size_t length = strnlen(text, longest + 1);
  if (length == 0 || length > longest) {
    refuse(file, fmt::format("its descriptor's {} must have 1 to {} characters", what, longest));
  }
  std::string copy(text, length);
  const auto unprintable = [](unsigned char letter) { return letter < 0x20 || letter == 0x7f; };
  if (std::ranges::any_of(copy, unprintable)) {
    refuse(file, fmt::format("its descriptor's {} has unprintable characters", what));
  }
  return copy;
}

bool is_name(const std::string& name, const char* more) {
  const auto accepted = [more](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || std::strchr(more, letter) != nullptr;
  };
  return !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, accepted);
}

/// A schema must accept its own defaults, and name every parameter once.
void check_schema(const PluginLibrary& library) {
  if (library.schema.size() > most_parameters) refuse(library.file, "its schema has too many parameters");
  std::set<std::string> names;
  ParameterTable defaults;
  defaults.where = library.file.string();
  for (const Parameter& parameter : library.schema) {
    if (!is_name(parameter.name, "_.")) {
      refuse(library.file, fmt::format("its parameter '{}' must be named by lower case letters, digits, '_' and '.'",
                                       parameter.name));
    }
    if (!names.insert(parameter.name).second) {
      refuse(library.file, fmt::format("its schema has the parameter '{}' twice", parameter.name));
    }
    if (parameter.default_value) defaults.set(parameter.name, *parameter.default_value);
  }
  Parameters::check(library.schema, defaults, library.title());
}

/// Keeps a library loaded until the process ends: objects, types and exceptions of a plugin may outlive any owner. The
/// list is never destroyed, so that nothing is unloaded at exit either.
const boost::dll::shared_library& keep(std::unique_ptr<boost::dll::shared_library> library) {
  static auto& kept = *new std::vector<std::unique_ptr<boost::dll::shared_library>>();
  static std::mutex mutex;
  const std::scoped_lock lock(mutex);
  return *kept.emplace_back(std::move(library));
}

/// A part of the descriptor as it lies in the file.
template <typename Part>
Part part_of(const std::vector<std::byte>& descriptor, std::size_t offset) {
  static_assert(std::is_trivially_copyable_v<Part>);
  Part part;
  std::memcpy(&part, descriptor.data() + offset, sizeof part);
  return part;
}

std::vector<std::byte> read_descriptor(const std::filesystem::path& file) {
  std::optional<std::vector<std::byte>> descriptor;
  try {
    descriptor = read_exported_object(FileSource(file), descriptor_symbol, sizeof(PluginDescriptor));
  } catch (const Error& error) {
    refuse(file, fmt::format("it cannot be loaded: {}", error.what()));
  }
  if (!descriptor || descriptor->size() < sizeof(PluginDescriptor::abi)) {
    refuse(file, fmt::format("it is not a matseq plugin: it exports no symbol '{}' (MATSEQ_REGISTER makes it)",
                             descriptor_symbol));
  }
  return *std::move(descriptor);
}

std::string toolchain_of(const Fingerprint& fingerprint) {
  const auto end = std::ranges::find(fingerprint.toolchain, '\0');
  return printable(std::string(fingerprint.toolchain.begin(), end));
}

/// What a plugin of this kind must have been built with to be ours.
Fingerprint own_fingerprint(PluginKind kind) {
  const bool has_tensors = kind == PluginKind::optimizer || kind == PluginKind::model;
  return make_fingerprint(has_tensors ? MATSEQ_TOOLCHAIN_WITH_LIBTORCH(MATSEQ_TORCH_VERSION) : MATSEQ_TOOLCHAIN);
}

void check_fingerprint(const std::filesystem::path& file, const Fingerprint& found, const Fingerprint& own) {
  constexpr const char* advice = "rebuild the plugin as this matseq was built";
  if (found.toolchain != own.toolchain) {
    refuse(file, fmt::format("it was built with '{}', this matseq with '{}'; {}", toolchain_of(found),
                             toolchain_of(own), advice));
  }
  for (std::size_t i = 0; i < own.sizes.size(); ++i) {
    if (found.sizes[i] == own.sizes[i]) continue;
    refuse(file, fmt::format("a {} has {} bytes there, but {} in this matseq; {}", Fingerprint::types[i],
                             found.sizes[i], own.sizes[i], advice));
  }
}

/// Compares what a plugin's file says it was built for with what we are; returns its kind.
PluginKind check_origin(const std::filesystem::path& file) {
  const std::vector<std::byte> descriptor = read_descriptor(file);
  const auto abi = part_of<std::uint32_t>(descriptor, offsetof(PluginDescriptor, abi));
  if (abi != abi_version) {
    refuse(file, fmt::format("it was built for plugin ABI version {}, this matseq has version {}; rebuild the plugin "
                             "against the installed matseq",
                             abi, abi_version));
  }
  if (descriptor.size() < sizeof(PluginDescriptor)) refuse(file, "its descriptor is too short");
  const auto kind = part_of<std::uint32_t>(descriptor, offsetof(PluginDescriptor, kind));
  if (kind > static_cast<std::uint32_t>(PluginKind::model)) {
    refuse(file, fmt::format("its descriptor has the unknown kind {}", kind));
  }
  const auto fingerprint = part_of<Fingerprint>(descriptor, offsetof(PluginDescriptor, fingerprint));
  check_fingerprint(file, fingerprint, own_fingerprint(static_cast<PluginKind>(kind)));
  return static_cast<PluginKind>(kind);
}

/// Loads a library for good.
const boost::dll::shared_library& load_plugin(const std::filesystem::path& file) {
  auto library = std::make_unique<boost::dll::shared_library>();
  try {
    library->load(boost::dll::fs::path(file.string()),
                  boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
  } catch (const std::exception& failure) {
    refuse(file, fmt::format("it cannot be loaded: {}", failure.what()));
  }
  return keep(std::move(library));
}

}  // namespace

std::string PluginLibrary::title() const { return fmt::format("{} '{}'", to_string(kind), name); }

PluginLibrary open_plugin(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) refuse(file, "there is no such file");

  PluginLibrary library;
  library.file = file;
  library.kind = check_origin(file);
  const auto& descriptor = load_plugin(file).get<const PluginDescriptor>(descriptor_symbol);
  library.name = checked_text(file, descriptor.name, "name", longest_name);
  if (!is_name(library.name, "_")) {
    refuse(file, fmt::format("its name '{}' must consist of lower case letters, digits and '_'", library.name));
  }
  library.version = checked_text(file, descriptor.version, "version", longest_name);
  library.description = checked_text(file, descriptor.description, "description", longest_line);
  library.toolchain = toolchain_of(descriptor.fingerprint);
  if (descriptor.schema == nullptr || descriptor.create == nullptr) {
    refuse(file, "its descriptor has no schema or no factory");
  }
  library.create = descriptor.create;
  library.schema = library.origin().call("schema()", [&] { return descriptor.schema(); });
  check_schema(library);
  return library;
}

}  // namespace matseq
