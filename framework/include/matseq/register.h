/// \file
/// The one macro that turns a class into a plugin.
#pragma once

#include "matseq/plugin.h"

/// Registers `Class`, which implements one of the interfaces (Task, Encoder, Schedule, Optimizer, Model),
/// as the plugin of this library. To stand once, at namespace scope, in one source file:
///
///     MATSEQ_REGISTER(RowSums, "row_sums", "1.0.0", "Sum of each row of a matrix")
///
/// `Class` needs a `static matseq::ParameterSchema schema()` and a constructor that takes what the interface's
/// documentation of `Factory` says.
#define MATSEQ_REGISTER(Class, plugin_name, plugin_version, plugin_description)                         \
  extern "C" MATSEQ_API const matseq::BasicPluginDescriptor<Class::Factory> matseq_plugin_descriptor;   \
  extern "C" constinit const matseq::BasicPluginDescriptor<Class::Factory> matseq_plugin_descriptor = { \
      matseq::abi_version,                                                                              \
      Class::plugin_kind,                                                                               \
      matseq::make_fingerprint(Class::toolchain),                                                       \
      plugin_name,                                                                                      \
      plugin_version,                                                                                   \
      plugin_description,                                                                               \
      &Class::schema,                                                                                   \
      &Class::Interface::make<Class>};
