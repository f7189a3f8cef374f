/// \file
/// What a plugin library and the framework agree on: the descriptor and the host.
/// Plugin authors use `matseq/register.h`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "matseq/export.h"
#include "matseq/parameter.h"
#include "matseq/parameters.h"

namespace matseq {

class Task;

/// Changes whenever an interface, the descriptor or a type that crosses the border changes.
inline constexpr std::uint32_t abi_version = 2;

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

/// The symbol that a plugin library exports, once: plain data that can be read before anything is called.
/// `abi` is read first, alone; the rest only when it is ours. The framework trusts none of it unchecked.
struct PluginDescriptor {
  std::uint32_t abi = 0;  ///< matseq::abi_version of the headers it was built with
  PluginKind kind = PluginKind::task;
  const char* toolchain = nullptr;  ///< C++ ABI, and the LibTorch version where the plugin uses it
  const char* name = nullptr;       ///< as TOML names it: lower case, digits, '_'
  const char* version = nullptr;
  const char* description = nullptr;  ///< one line
  ParameterSchema (*schema)() = nullptr;
  void (*create)() = nullptr;  ///< really the `Factory` of the kind's interface
};

/// Name of the exported descriptor.
inline constexpr const char* descriptor_symbol = "matseq_plugin_descriptor";

}  // namespace matseq
