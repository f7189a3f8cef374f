/// \file
/// What differs between the LibTorch versions that matseq supports (1.13 and later), and nothing else.
#pragma once

#include <cmath>
#include <limits>

#include <ATen/autocast_mode.h>

#include "matseq/torch.h"

namespace matseq {

/// softmax(queries keys^T / sqrt(head width)) values, the softmax in float32 (Vaswani et al., 2017).
///
/// `queries` is (batch, heads, length, head width); `keys` and `values` are (batch, heads, keys, head width).
/// `visible` is a boolean mask that broadcasts to (batch, heads, length, keys), true where a key may be looked at;
/// undefined: everywhere. With `causal`, which excludes a mask, query i sees keys 0 to i. `dropout` is the probability
/// with which a weight is zeroed. Returns (batch, heads, length, head width).
inline torch::Tensor scaled_dot_product_attention(const torch::Tensor& queries, const torch::Tensor& keys,
                                                  const torch::Tensor& values, const torch::Tensor& visible,
                                                  bool causal, double dropout) {
#if TORCH_VERSION_MAJOR >= 2
  const c10::optional<torch::Tensor> mask = visible.defined() ? c10::make_optional(visible) : c10::nullopt;
  return at::scaled_dot_product_attention(queries, keys, values, mask, dropout, causal);
#else
  const double scale = 1.0 / std::sqrt(static_cast<double>(queries.size(-1)));
  torch::Tensor scores = torch::matmul(queries * scale, keys.transpose(-2, -1));  // (batch, heads, length, keys)
  const torch::Tensor seen = causal ? scores.new_ones({queries.size(-2), keys.size(-2)}, torch::kBool).tril() : visible;
  if (seen.defined()) scores = scores.masked_fill(seen.logical_not(), -std::numeric_limits<float>::infinity());
  torch::Tensor weights = torch::softmax(scores, -1, torch::kFloat32).to(values.scalar_type());
  if (dropout > 0) weights = torch::dropout(weights, dropout, true);
  return torch::matmul(weights, values);
#endif
}

/// Turns autocasting to `precision` on for a type of device (CPU or CUDA).
inline void set_autocast(torch::DeviceType device, torch::ScalarType precision) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  at::autocast::set_autocast_dtype(device, precision);
  at::autocast::set_autocast_enabled(device, true);
#else
  if (device == torch::kCUDA) {
    at::autocast::set_autocast_gpu_dtype(precision);
    at::autocast::set_enabled(true);
  } else {
    at::autocast::set_autocast_cpu_dtype(precision);
    at::autocast::set_cpu_enabled(true);
  }
#endif
}

/// Whether it is on, on this thread.
inline bool is_autocasting(torch::DeviceType device) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  return at::autocast::is_autocast_enabled(device);
#else
  return device == torch::kCUDA ? at::autocast::is_enabled() : at::autocast::is_cpu_enabled();
#endif
}

/// The type that it goes to.
inline torch::ScalarType autocast_type(torch::DeviceType device) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  return at::autocast::get_autocast_dtype(device);
#else
  return device == torch::kCUDA ? at::autocast::get_autocast_gpu_dtype() : at::autocast::get_autocast_cpu_dtype();
#endif
}

/// Turns it off.
inline void unset_autocast(torch::DeviceType device) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  at::autocast::set_autocast_enabled(device, false);
#else
  if (device == torch::kCUDA) {
    at::autocast::set_enabled(false);
  } else {
    at::autocast::set_cpu_enabled(false);
  }
#endif
}

}  // namespace matseq
