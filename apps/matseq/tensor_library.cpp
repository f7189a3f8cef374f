#include "tensor_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include "matseq/error.h"

namespace matseq {

void add_tensor_commands(CLI::App& app) {
  // Found by the executable's run path, and never unloaded: LibTorch cannot be.
  void* library = dlopen(MATSEQ_TENSOR_LIBRARY, RTLD_NOW | RTLD_GLOBAL);
  void* symbol = library == nullptr ? nullptr : dlsym(library, "matseq_add_tensor_commands");
  if (symbol == nullptr) {
    const char* reason = dlerror();
    throw Error(fmt::format("the commands that need LibTorch cannot be loaded: {}",
                            reason == nullptr ? "unknown reason" : reason));
  }
  reinterpret_cast<decltype(&matseq_add_tensor_commands)>(symbol)(app);
}

}  // namespace matseq
