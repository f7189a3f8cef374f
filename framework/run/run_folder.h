/// \file
/// The files of a run.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "run/saved_state.h"

namespace matseq {

/// config.toml, train.log, metrics.jsonl, model.safetensors, optimizer.safetensors, ema.safetensors, state.json,
/// best-METRIC.safetensors, epoch-N.safetensors and TensorBoard events, in one folder.
///
/// A checkpoint is files that belong together: state.json has the checksums of the others, the model's and the
/// optimizer's tensors and, where weights are averaged, the average. All are first
/// written under the names NAME.next; state.json.next comes last, which is the moment the new checkpoint counts. Then
/// they take their names, and those of the checkpoint before become model.previous.safetensors and so on. Whatever a
/// crash leaves is completed or discarded by `recover`. Files of tensors are found by their checksums, under whichever
/// of the three names.
class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path config() const { return folder_ / "config.toml"; }
  std::filesystem::path log() const { return folder_ / "train.log"; }
  std::filesystem::path state() const { return folder_ / "state.json"; }
  std::filesystem::path weights(const std::string& checkpoint = "model") const {
    return folder_ / (checkpoint + ".safetensors");
  }
  std::filesystem::path optimizer() const { return folder_ / "optimizer.safetensors"; }
  std::filesystem::path average() const { return weights(average_name); }
  /// What the averaged weights are called among checkpoints.
  static constexpr const char* average_name = "ema";

  /// Where a file of a checkpoint is written until it counts, and where that of the checkpoint before lies.
  static std::filesystem::path next(const std::filesystem::path& file);
  static std::filesystem::path previous(const std::filesystem::path& file);

  /// The state of the last checkpoint; none when there is no checkpoint. Throws Error when it is damaged.
  std::optional<SavedState> last_state() const;
  /// That of the checkpoint before.
  std::optional<SavedState> previous_state() const;
  /// That of the last one whose state can be read.
  std::optional<SavedState> readable_state() const;

  /// Throws Error, which says what to do, when there are weights but no state.
  void require_state_with_weights() const;

  /// The checkpoints of which there are weights, by name.
  std::vector<std::string> weight_names() const;

  // What follows is for who holds the run's lock.

  /// Completes the saving of a checkpoint that a crash cut short, or discards what it left.
  void recover() const;
  /// Makes the tensors that lie under their next names a checkpoint, with this state.
  void commit(const SavedState& state) const;
  /// Makes the checkpoint before the last one, which is damaged.
  void take_back() const;

 private:
  void take_names() const;

  std::filesystem::path folder_;
};

}  // namespace matseq
