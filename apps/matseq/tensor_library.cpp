#include "tensor_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include "matseq/error.h"
#include "tensor_report.h"

namespace matseq {
namespace {

void* symbol_of_library(const char* name) {
  // Found by the executable's run path, and never unloaded: LibTorch cannot be.
  void* library = dlopen(MATSEQ_TENSOR_LIBRARY, RTLD_NOW | RTLD_GLOBAL);
  void* symbol = library == nullptr ? nullptr : dlsym(library, name);
  if (symbol == nullptr) {
    const char* reason = dlerror();
    throw Error(fmt::format("the commands that need LibTorch cannot be loaded: {}",
                            reason == nullptr ? "unknown reason" : reason));
  }
  return symbol;
}

}  // namespace

void add_tensor_commands(CLI::App& app) {
  reinterpret_cast<decltype(&matseq_add_tensor_commands)>(symbol_of_library("matseq_add_tensor_commands"))(app);
}

void report_tensors(const std::function<void(const std::string& name, const std::string& value)>& say) {
  const auto report = reinterpret_cast<decltype(&matseq_report_tensors)>(symbol_of_library("matseq_report_tensors"));
  auto tell = say;
  report(
      [](void* context, const char* name, const char* value) { (*static_cast<decltype(tell)*>(context))(name, value); },
      &tell);
}

}  // namespace matseq
