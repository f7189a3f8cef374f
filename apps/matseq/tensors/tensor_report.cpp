#include "../tensor_report.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "device/peak_rate.h"
#include "matseq/torch.h"

namespace {

/// The first line of a report that has this text, without its bullet.
std::string line_with(const std::string& report, const std::string& text) {
  const std::size_t found = report.find(text);
  if (found == std::string::npos) return "unknown";
  const std::size_t begin = report.rfind('\n', found) + 1;
  const std::string line = report.substr(begin, report.find('\n', found) - begin);
  return line.substr(std::min(line.find_first_not_of(" -"), line.size()));
}

/// The library that has the BLAS's functions; LibTorch may have them within.
std::string blas_library() {
  Dl_info found{};
  void* product = dlsym(RTLD_DEFAULT, "sgemm_");
  if (product == nullptr || dladdr(product, &found) == 0) return "within LibTorch";
  std::error_code error;
  const std::filesystem::path file = std::filesystem::canonical(found.dli_fname, error);
  return error ? found.dli_fname : file.string();
}

/// Of OpenBLAS, which says what they are named; empty: it is another BLAS.
std::string blas_kernels() {
  using CoreName = const char* (*)();
  const auto name = reinterpret_cast<CoreName>(dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  return name == nullptr ? "" : name();
}

}  // namespace

void matseq_report_tensors(void (*say)(void* context, const char* name, const char* value), void* context) {
  const auto tell = [&](const char* name, const std::string& value) { say(context, name, value.c_str()); };
  tell("LibTorch", TORCH_VERSION);
  tell("LibTorch's instruction set", line_with(at::show_config(), "CPU capability"));
  tell("BLAS", blas_library());
  if (const std::string kernels = blas_kernels(); !kernels.empty()) tell("kernels of OpenBLAS", kernels);
  const matseq::ProductRate rate = matseq::matrix_product_rate(torch::kCPU, torch::kFloat32);
  tell("matrix products in float32", fmt::format("{:.3g} TFLOP/s", rate.operations_a_second / 1e12));
  tell("CUDA devices", std::to_string(torch::cuda::device_count()));
}
