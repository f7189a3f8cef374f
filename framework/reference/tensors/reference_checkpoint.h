/// \file
/// Checkpoints of the reference system: PyTorch's `*.pth` files with the layout of spec section 4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "matseq/optimizer.h"

namespace matseq {

/// The state of a PyTorch optimizer.
struct ReferenceOptimizer {
  /// By the parameter's place in the order of `trained_parameters`: its quantities ("exp_avg", "step", ...). What the
  /// file has as a Python int is a 0-dimensional int64 tensor here, a float a 0-dimensional float64 tensor.
  std::map<std::int64_t, std::vector<NamedTensor>> state;
  nlohmann::ordered_json groups = nlohmann::ordered_json::array();  ///< `param_groups`: lr, betas, ..., params
};

/// What a checkpoint of the reference holds. Tensors are on the CPU and as wide as the file has them; tied ones share
/// their memory.
struct ReferenceCheckpoint {
  std::vector<NamedTensor> encoder;  ///< in the file's order, without the "module." of multi-GPU runs
  std::vector<NamedTensor> decoder;
  nlohmann::ordered_json params = nlohmann::ordered_json::object();  ///< every setting of the run; tuples are arrays
  std::int64_t epoch = 0;
  std::int64_t n_total_iter = 0;
  nlohmann::ordered_json best_metrics = nlohmann::ordered_json::object();
  nlohmann::ordered_json best_stopping_criterion;  ///< number or null
  std::optional<ReferenceOptimizer> optimizer;
  std::optional<nlohmann::ordered_json> scaler;  ///< of mixed precision
};

/// Reads a checkpoint and executes nothing of it. Memory is proportional to the file's size. Throws Error with path and
/// reason when the file is damaged, truncated, hostile, or something else. `note_progress` is told how many bytes of
/// tensors have been read.
ReferenceCheckpoint read_reference_checkpoint(const std::filesystem::path& path,
                                              const std::function<void(std::uint64_t bytes)>& note_progress = nullptr);
/// The same from memory; `name` stands for the path in messages.
ReferenceCheckpoint read_reference_checkpoint(std::span<const std::byte> bytes, const std::string& name);

/// The tensor of that name; null when there is none.
const torch::Tensor* find_tensor(const std::vector<NamedTensor>& tensors, const std::string& name);

/// Writes a file that PyTorch's `torch.load` opens, with `weights_only` too. Tensors may be on any device.
void write_reference_checkpoint(const std::filesystem::path& path, const ReferenceCheckpoint& checkpoint);

/// All tensors as "encoder.NAME" and "decoder.NAME", floating-point ones in float32.
std::vector<NamedTensor> model_parameters(const ReferenceCheckpoint& checkpoint);

/// The names ("encoder.layers.0.ffn.lin1.weight") that an optimizer of the reference numbers 0, 1, 2, ...: encoder,
/// then decoder, without a `proj.weight` that is tied to the embedding, without sinusoidal tables (spec section 4).
std::vector<std::string> trained_parameters(const ReferenceCheckpoint& checkpoint);

/// The checkpoint's optimizer state named as `Optimizer::state` names it, "PARAMETER/QUANTITY"; empty without one.
/// Throws Error when it does not fit the parameters.
std::vector<NamedTensor> optimizer_state(const ReferenceCheckpoint& checkpoint);

/// The reverse: `state` as `Optimizer::state` gives it, for the parameters in this order. Step counts become ints, as
/// the reference's Adam has them. `group` has the hyperparameters ("lr", "betas", ...); `params` is added.
ReferenceOptimizer to_reference_optimizer(const std::vector<std::string>& parameters,
                                          const std::vector<NamedTensor>& state, nlohmann::ordered_json group);

}  // namespace matseq
