#include "device/instruction_sets.h"

#include <dlfcn.h>

#include <algorithm>
#include <filesystem>

#include "matseq/torch.h"

namespace matseq {
namespace {

/// The first line of a report that has this text, without its bullet.
std::string line_with(const std::string& report, const std::string& text) {
  const std::size_t found = report.find(text);
  if (found == std::string::npos) return "unknown";
  const std::size_t begin = report.rfind('\n', found) + 1;
  const std::string line = report.substr(begin, report.find('\n', found) - begin);
  return line.substr(std::min(line.find_first_not_of(" -"), line.size()));
}

}  // namespace

const char* own_instruction_set() {
#if defined(__AVX512F__)
  return "AVX-512";
#elif defined(__AVX2__)
  return "AVX2";
#else
  return "SSE";
#endif
}

std::string libtorch_instruction_set() { return line_with(at::show_config(), "CPU capability"); }

std::string blas_library() {
  Dl_info found{};
  void* product = dlsym(RTLD_DEFAULT, "sgemm_");
  if (product == nullptr || dladdr(product, &found) == 0) return "within LibTorch";
  std::error_code error;
  const std::filesystem::path file = std::filesystem::canonical(found.dli_fname, error);
  return error ? found.dli_fname : file.string();
}

std::string blas_kernels() {
  using CoreName = const char* (*)();
  const auto name = reinterpret_cast<CoreName>(dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  return name == nullptr ? "" : name();
}

}  // namespace matseq
