/// \file
/// Saving and loading a run's checkpoints, with their tensors.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "matseq/model.h"
#include "matseq/optimizer.h"
#include "run/run_folder.h"
#include "run/saved_state.h"

namespace matseq {

/// What a checkpoint is made of and restored into.
struct CheckpointParts {
  Model& model;
  Optimizer& optimizer;
  std::vector<NamedTensor> average =
      {};  ///< the averaged weights, as `model_tensors` names them; empty: there are none
};

/// Saves a checkpoint; a crash at any moment leaves this one or the one before. Fills in the checksums of `state`. The
/// run's lock must be held. `note_progress` is told how many more bytes of tensors are on the disk.
void save_checkpoint(const RunFolder& folder, SavedState state, const CheckpointParts& parts,
                     const std::function<void(std::uint64_t more_bytes)>& note_progress = nullptr);

struct LoadedCheckpoint {
  SavedState state;
  std::string warning;  ///< when the last checkpoint is damaged and this is the one before; else empty
};

/// Restores the last checkpoint. When it is damaged, or one of its files is missing, it is given up for the one before.
/// Throws Error when that is damaged, too, or when they are another model's. The run's lock must be held.
LoadedCheckpoint load_checkpoint(const RunFolder& folder, const CheckpointParts& parts);

/// The same for who only looks on, perhaps while the run is trained: nothing is given up or changed; throws Error for a
/// damaged checkpoint.
SavedState read_checkpoint(const RunFolder& folder, const CheckpointParts& parts);

/// Saves only the weights, under a name such as "best-valid.accuracy".
void save_weights(const RunFolder& folder, const std::string& checkpoint, const std::vector<NamedTensor>& weights,
                  const TrainingState& state);
/// Saved weights: "model" and "ema" (the last checkpoint's), "model.previous", "best-valid.accuracy", "epoch-3"; throws
/// Error that lists what there is. The run may be in training.
std::vector<NamedTensor> read_weights(const RunFolder& folder, const std::string& checkpoint);
/// Restores them.
void load_weights(const RunFolder& folder, const std::string& checkpoint, Model& model);

}  // namespace matseq
