#include "device/peak_rate.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>

namespace matseq {
namespace {

struct StatedRates {
  const char* name;  // what the device's name contains
  double half;       // bfloat16 and float16 with sums in float32, not sparse
  double single;     // float32 without TF32, which LibTorch does not use unless told to
};

// NVIDIA's data sheets; a name before those that it contains.
constexpr std::array<StatedRates, 5> stated_rates = {{{"H100 PCIe", 756e12, 51e12},
                                                      {"H100 NVL", 835e12, 60e12},
                                                      {"H100", 989e12, 67e12},
                                                      {"H200", 989e12, 67e12},
                                                      {"A100", 312e12, 19.5e12}}};

// The driver's name of the first NVIDIA device; those of one machine are of a kind.
std::string nvidia_device_name() {
  std::error_code error;
  for (const auto& device : std::filesystem::directory_iterator("/proc/driver/nvidia/gpus", error)) {
    std::ifstream information(device.path() / "information");
    const std::string key = "Model:";
    for (std::string line; std::getline(information, line);) {
      if (!line.starts_with(key)) continue;
      const std::size_t begin = line.find_first_not_of(" \t", key.size());
      return begin == std::string::npos ? "" : line.substr(begin);
    }
  }
  return {};
}

// Operations a second of `product`, which multiplies square matrices of `size`, and waits for the device. The best of
// at least five times, for large ones of as many as 0.04 s have: threads and clocks take a while to get going.
template <typename Product>
double best_rate(std::int64_t size, int products, const Product& product) {
  double best = 0;
  const double least_seconds = size < 1024 ? 0 : 0.04;
  std::chrono::duration<double> all(0);
  for (int round = 0; round < 5 || all.count() < least_seconds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    product(products);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    all += seconds;
    const auto width = static_cast<double>(size);
    best = std::max(best, products * 2 * width * width * width / seconds.count());
  }
  return best;
}

double measure(torch::Device device, torch::ScalarType precision, std::int64_t size) {
  const torch::Tensor factor = torch::full({size, size}, 0.5, torch::device(device).dtype(precision));
  torch::Tensor result = torch::empty_like(factor);
  return best_rate(size, device.is_cuda() ? 20 : 1, [&](int products) {
    for (int i = 0; i < products; ++i) torch::mm_out(result, factor, factor);
    result[0][0].item<float>();  // waits for the device
  });
}

// Of row-major matrices, C = alpha op(A) op(B) + beta C with float32 C. Returns 0 on success.
using OneDnnProduct = int (*)(char op_a, char op_b, std::int64_t rows, std::int64_t columns, std::int64_t inner,
                              float alpha, const void* a, std::int64_t row_length_a, const void* b,
                              std::int64_t row_length_b, float beta, float* c, std::int64_t row_length_c);

// oneDNN's on the CPU: on some processors more than those of LibTorch's BLAS, and models may make use of them. LibTorch
// brings them along without declaring them; 0 where it does not export them or the processor cannot.
double measure_onednn(torch::ScalarType precision, std::int64_t size) {
  if (precision == torch::kFloat16) return 0;
  const char* name = precision == torch::kFloat32 ? "dnnl_sgemm" : "dnnl_gemm_bf16bf16f32";
  const auto multiply = reinterpret_cast<OneDnnProduct>(dlsym(RTLD_DEFAULT, name));
  if (multiply == nullptr) return 0;
  const torch::Tensor factor = torch::full({size, size}, 0.5, precision);
  torch::Tensor result = torch::empty({size, size}, torch::kFloat32);
  int status = 0;
  const double rate = best_rate(size, 1, [&](int) {
    status |= multiply('N', 'N', size, size, size, 1, factor.data_ptr(), size, factor.data_ptr(), size, 0,
                       result.data_ptr<float>(), size);
  });
  return status == 0 ? rate : 0;
}

}  // namespace

double stated_product_rate(const std::string& name, torch::ScalarType precision) {
  const auto* const found = std::find_if(stated_rates.begin(), stated_rates.end(), [&](const StatedRates& rates) {
    return name.find(rates.name) != std::string::npos;
  });
  if (found == stated_rates.end()) return 0;
  return precision == torch::kFloat32 ? found->single : found->half;
}

ProductRate matrix_product_rate(torch::Device device, torch::ScalarType precision) {
  const torch::NoGradGuard no_gradients;
  if (device.is_cuda()) {
    const double stated = stated_product_rate(nvidia_device_name(), precision);
    if (stated > 0) return {stated, false};
    return {measure(device, precision, 8192), true};
  }
  // Small products first: some take seconds for large ones in bfloat16.
  constexpr double slow = 5e9;
  const auto best = [](const auto& rate_of) {
    const double rate = rate_of(128);
    return rate < slow ? rate : std::max(rate, rate_of(1024));
  };
  return {std::max(best([&](std::int64_t size) { return measure(device, precision, size); }),
                   best([&](std::int64_t size) { return measure_onednn(precision, size); })),
          true};
}

}  // namespace matseq
