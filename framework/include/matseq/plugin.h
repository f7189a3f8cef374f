/// \file
/// What a plugin library and the framework agree on: the descriptor and the host.
/// Plugin authors use `matseq/register.h`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "matseq/export.h"
#include "matseq/fingerprint.h"
#include "matseq/parameter.h"
#include "matseq/parameters.h"

namespace matseq {

class Task;

/// Changes whenever an interface, the descriptor or a type that crosses the border changes.
inline constexpr std::uint32_t abi_version = 4;

enum class PluginKind : std::uint32_t { task, encoder, schedule, optimizer, model };

/// "task", "encoder", "schedule", "optimizer" or "model".
MATSEQ_API const char* to_string(PluginKind kind);

/// What the framework offers to a plugin while it is made: the other plugins.
class MATSEQ_API PluginHost {
 public:
  virtual ~PluginHost();
  /// Loads another task and makes it with these parameters; throws Error as for any TOML table.
  virtual std::unique_ptr<Task> make_task(const std::string& plugin, const ParameterTable& table) = 0;
  /// The schema of a plugin; throws Error when there is none of that kind and name.
  virtual const ParameterSchema& schema(PluginKind kind, const std::string& plugin) = 0;
};

/// The symbol that a plugin library exports, once. `abi`, `kind` and `fingerprint` are read out of the file, in this
/// order, before it is loaded: nothing of a plugin runs that was built for another framework. The framework trusts none
/// of the rest unchecked either.
template <typename Factory>
struct BasicPluginDescriptor {
  std::uint32_t abi = 0;  ///< matseq::abi_version of the headers it was built with
  PluginKind kind = PluginKind::task;
  Fingerprint fingerprint;
  const char* name = nullptr;  ///< as TOML names it: lower case, digits, '_'
  const char* version = nullptr;
  const char* description = nullptr;  ///< one line
  ParameterSchema (*schema)() = nullptr;
  Factory create = nullptr;
};

/// A descriptor as the framework reads it: `create` is really the `Factory` of the kind's interface.
using PluginDescriptor = BasicPluginDescriptor<void (*)()>;

/// Name of the exported descriptor.
inline constexpr const char* descriptor_symbol = "matseq_plugin_descriptor";

}  // namespace matseq
