/// \file
/// The files of a run.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "matseq/model.h"
#include "matseq/optimizer.h"
#include "run/training_state.h"

namespace matseq {

/// config.toml, train.log, metrics.jsonl, model.safetensors, optimizer.safetensors, state.json,
/// best-METRIC.safetensors, epoch-N.safetensors and TensorBoard events, in one folder.
///
/// A checkpoint is three files that belong together. They are written beside the old ones under the names NAME.next;
/// then state.json is replaced, which is the moment the new checkpoint counts; then the others take their names. `load`
/// completes or discards what a crash left half-way.
class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path config() const { return folder_ / "config.toml"; }
  std::filesystem::path log() const { return folder_ / "train.log"; }
  std::filesystem::path metrics() const { return folder_ / "metrics.jsonl"; }
  std::filesystem::path model(const std::string& checkpoint = "model") const;

  /// True when there is a checkpoint to continue from.
  bool has_checkpoint() const;

  /// Where the checkpoint stands; throws Error when there is none.
  TrainingState training_state() const;

  /// Saves a checkpoint; a crash at any moment leaves this one or the one before.
  void save(const TrainingState& state, Model& model, const Optimizer& optimizer) const;
  /// Restores the last checkpoint into `model` and `optimizer`; throws Error when a file is missing, damaged or of
  /// another model.
  TrainingState load(Model& model, Optimizer& optimizer) const;

  /// Saves only the weights, under a name such as "best-valid.accuracy".
  void save_weights(const std::string& checkpoint, Model& model, const TrainingState& state) const;
  /// Restores weights: "model", "best-valid.accuracy", "epoch-3"; throws Error that lists what there is.
  void load_weights(const std::string& checkpoint, Model& model) const;

 private:
  void finish_save(const TrainingState& state) const;
  std::filesystem::path state() const { return folder_ / "state.json"; }
  std::filesystem::path optimizer() const { return folder_ / "optimizer.safetensors"; }
  std::optional<TrainingState> read_state() const;

  std::filesystem::path folder_;
};

/// The tensors that a checkpoint holds: parameters and frozen tables, by name.
std::vector<NamedTensor> model_tensors(Model& model);
/// The parameters that an optimizer trains, each once.
std::vector<NamedTensor> trained_parameters(Model& model);
/// Copies values into the tensors of the same names; throws Error, beginning with `what`, when a name is missing or too
/// many, or a shape differs.
void copy_into(const std::vector<NamedTensor>& to, const std::vector<NamedTensor>& from, const std::string& what);

}  // namespace matseq
