// A descriptor written without the macro, so that any part of it can be wrong.
#include <cstdlib>

#include "matseq/plugin.h"
#include "matseq/task.h"

#ifndef ABI
#define ABI matseq::abi_version
#endif
#ifndef KIND
#define KIND 0
#endif
#ifndef TOOLCHAIN
#define TOOLCHAIN MATSEQ_TOOLCHAIN
#endif
#ifndef MORE_BYTES
#define MORE_BYTES 0
#endif
#ifndef NAME
#define NAME "trial"
#endif
#ifndef VERSION
#define VERSION "1.2.3"
#endif
#ifndef SCHEMA
#define SCHEMA empty_schema
#endif

namespace {

[[maybe_unused]] matseq::ParameterSchema empty_schema() { return {}; }
[[maybe_unused]] matseq::ParameterSchema schema_that_throws() { throw 42; }
#ifdef MUST_NOT_LOAD
[[gnu::constructor]] void end_the_process() { std::abort(); }
#endif

constexpr matseq::Fingerprint fingerprint() {
  matseq::Fingerprint made = matseq::make_fingerprint(TOOLCHAIN);
  made.sizes.back() += MORE_BYTES;
  return made;
}

matseq::Task* make_nothing(const matseq::Parameters& /*parameters*/, matseq::PluginHost& /*host*/) { return nullptr; }

}  // namespace

extern "C" MATSEQ_API const matseq::BasicPluginDescriptor<matseq::Task::Factory> matseq_plugin_descriptor;
extern "C" const matseq::BasicPluginDescriptor<matseq::Task::Factory> matseq_plugin_descriptor = {
    ABI,          static_cast<matseq::PluginKind>(KIND), fingerprint(), NAME, VERSION, "A plugin for tests", SCHEMA,
    &make_nothing};
