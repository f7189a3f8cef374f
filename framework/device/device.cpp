#include "device/device.h"

#include <fmt/format.h>

#include "matseq/error.h"
#include "threads/available_processors.h"

namespace matseq {

torch::Device choose_device(const std::string& name) {
  const bool has_cuda = torch::cuda::is_available();
  if (name == "auto") return {has_cuda ? torch::kCUDA : torch::kCPU};
  if (name == "cpu") return {torch::kCPU};
  if (name == "cuda" || name.starts_with("cuda:")) {
    if (!has_cuda) {
      throw Error(
          fmt::format("training.device: '{}' was asked for, but there is no CUDA device, or this LibTorch ({}) "
                      "was built without CUDA; accepted here: 'auto', 'cpu'",
                      name, TORCH_VERSION));
    }
    try {
      const torch::Device device(name);
      if (!device.has_index() || device.index() < static_cast<int>(torch::cuda::device_count())) return device;
    } catch (const c10::Error&) {
      // falls through to the message below: LibTorch's own has a stack trace
    }
    throw Error(fmt::format("training.device: there is no device '{}'; there are {} CUDA devices", name,
                            torch::cuda::device_count()));
  }
  throw Error(fmt::format("training.device: '{}' is not accepted; accepted: 'auto', 'cpu', 'cuda', 'cuda:N'", name));
}

torch::ScalarType choose_precision(const std::string& name) {
  if (name == "float32") return torch::kFloat32;
  if (name == "bfloat16") return torch::kBFloat16;
  if (name == "float16") return torch::kFloat16;
  throw Error(
      fmt::format("training.precision: '{}' is not accepted; accepted: 'float32', 'bfloat16', 'float16'", name));
}

void set_threads(std::int64_t threads) {
  torch::set_num_threads(threads > 0 ? static_cast<int>(threads) : available_processors());
}

}  // namespace matseq
