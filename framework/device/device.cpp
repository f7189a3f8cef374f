#include "device/device.h"

#include <c10/core/impl/VirtualGuardImpl.h>
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "device/autocast.h"
#include "matseq/error.h"
#include "threads/available_processors.h"
#include "threads/thread_team.h"

namespace matseq {

namespace {

/// N of "cuda:N" for a device that is there.
std::optional<c10::DeviceIndex> cuda_index(std::string_view digits) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (error != std::errc() || end != digits.data() + digits.size() ||
      index >= static_cast<std::size_t>(torch::cuda::device_count())) {
    return std::nullopt;
  }
  return static_cast<c10::DeviceIndex>(index);
}

torch::Device find_device(const std::string& name) {
  constexpr std::string_view numbered = "cuda:";
  const bool has_cuda = torch::cuda::is_available();
  if (name == "auto") return {has_cuda ? torch::kCUDA : torch::kCPU};
  if (name == "cpu") return {torch::kCPU};
  if (name != "cuda" && !name.starts_with(numbered)) {
    throw Error(fmt::format("'{}' is not accepted; accepted: 'auto', 'cpu', 'cuda', 'cuda:N'", name));
  }
  if (!has_cuda) {
    throw Error(
        fmt::format("'{}' is not here: there is no CUDA device, or this LibTorch ({}) was built without CUDA; write "
                    "\"auto\" or \"cpu\" instead",
                    name, TORCH_VERSION));
  }
  if (name == "cuda") return {torch::kCUDA};
  if (const auto index = cuda_index(std::string_view(name).substr(numbered.size()))) return {torch::kCUDA, *index};
  throw Error(fmt::format("'{}' is not here: the CUDA devices are 'cuda:0' to 'cuda:{}'", name,
                          torch::cuda::device_count() - 1));
}

torch::Device experiment_device(const Experiment& experiment) {
  try {
    return choose_device(experiment.training.device);
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", setting_place(experiment, "training", "device"), error.what()));
  }
}

}  // namespace

torch::Device choose_device(const std::string& name) {
  const torch::Device device = find_device(name);
  if (device.has_index()) c10::impl::VirtualGuardImpl(device.type()).setDevice(device);
  return device;
}

torch::Device device_of_rank(const torch::Device& device, std::size_t local_rank) {
  if (!device.is_cuda() || device.has_index()) return device;
  return choose_device(fmt::format("cuda:{}", local_rank % static_cast<std::size_t>(torch::cuda::device_count())));
}

torch::ScalarType choose_precision(const std::string& name) {
  if (name == "float32") return torch::kFloat32;
  if (name == "bfloat16") return torch::kBFloat16;
  if (name == "float16") return torch::kFloat16;
  throw Error(fmt::format("'{}' is not accepted; accepted: 'float32', 'bfloat16', 'float16'", name));
}

bool can_compute(const torch::Device& device, torch::ScalarType precision) {
  if (precision == torch::kFloat32) return true;
  try {
    const auto options = torch::device(device).dtype(torch::kFloat32);
    const torch::Tensor input = torch::full({2, 3, 4}, 0.5, options);
    const torch::Tensor weight = torch::full({4, 4}, 0.5, torch::TensorOptions(options).requires_grad(true));
    const torch::Tensor bias = torch::full({4}, 0.5, torch::TensorOptions(options).requires_grad(true));
    torch::Tensor loss;
    {
      const Autocast autocast(device, precision);
      const torch::Tensor hidden = torch::nn::functional::linear(input, weight, bias);
      const torch::Tensor attention = torch::softmax(torch::matmul(hidden, hidden.transpose(1, 2)), -1);
      loss = torch::matmul(attention, hidden).to(torch::kFloat32).sum();
    }
    loss.backward();
    return std::isfinite(loss.item<double>());
  } catch (const c10::Error&) {
    return false;
  }
}

Computation computation_to_train(const Experiment& experiment) {
  const torch::Device device = experiment_device(experiment);
  const torch::ScalarType precision = choose_precision(experiment.training.precision);
  if (can_compute(device, precision)) return {device, precision};
  const bool has_bfloat16 = can_compute(device, torch::kBFloat16);
  throw Error(
      fmt::format("{}: \"{}\" is no arithmetic of the device {} under this LibTorch ({}); write \"float32\"{} "
                  "instead",
                  setting_place(experiment, "training", "precision"), experiment.training.precision, device.str(),
                  TORCH_VERSION, has_bfloat16 ? " or \"bfloat16\"" : ""));
}

Computation computation_to_evaluate(const Experiment& experiment, std::string& warning) {
  const torch::Device device = experiment_device(experiment);
  const torch::ScalarType precision = choose_precision(experiment.training.precision);
  warning.clear();
  if (can_compute(device, precision)) return {device, precision};
  warning = fmt::format("{} is no arithmetic of the device {} under this LibTorch ({}): evaluating in float32",
                        experiment.training.precision, device.str(), TORCH_VERSION);
  return {device, torch::kFloat32};
}

void set_threads(std::int64_t threads) {
  const int count = threads > 0 ? static_cast<int>(threads) : available_processors();
  {
    // LibTorch has two pools. For threads of theirs that cannot be started they wait for ever or end the process.
    const ThreadTeam trial(2 * static_cast<std::size_t>(count));
  }
  torch::set_num_threads(count);
}

}  // namespace matseq
