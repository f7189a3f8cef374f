#include "run/tensors/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "files/file_descriptor.h"
#include "matseq/error.h"
#include "matseq/nearest_name.h"
#include "matseq/printable.h"
#include "run/tensors/model_tensors.h"
#include "run/tensors/safetensors.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

/// The tensors of a checkpoint, before anything is done with them.
struct Tensors {
  std::vector<NamedTensor> model;
  std::vector<NamedTensor> optimizer;
  std::vector<NamedTensor> average;
};

std::map<std::string, std::string> metadata(const TrainingState& state) {
  return {{"format", "pt"}, {"update", std::to_string(state.update)}};
}

/// The checksum that a file says it has; empty when it says none, or cannot be read.
std::string checksum_of(const fs::path& file) {
  if (!fs::exists(file)) return "";
  try {
    return safetensors_checksum(read_safetensors_metadata(file));
  } catch (const FileError&) {
    if (!fs::exists(file)) return "";  // renamed in the meantime
    throw;
  } catch (const Error&) {
    return "";
  }
}

/// The tensors with this checksum, in whichever of these places they are whole; `file` is their own. Files may be
/// renamed in the meantime.
std::vector<NamedTensor> find_tensors(std::initializer_list<fs::path> places, const fs::path& file,
                                      const std::string& checksum) {
  std::optional<Error> damage;
  for (const fs::path& place : places) {
    if (checksum_of(place) != checksum) continue;
    try {
      SafetensorsFile found = read_safetensors(place);
      if (safetensors_checksum(found.metadata) == checksum) return std::move(found.tensors);
    } catch (const FileError&) {
      if (fs::exists(place)) throw;
    } catch (const Error& error) {
      damage = error;
    }
  }
  if (damage) throw Error(*damage);
  throw Error(fmt::format("{}: it is missing or damaged, or of another checkpoint than state.json", file.string()));
}

/// Of the last checkpoint. A damaged file counts as that even if the one before has the same tensors.
std::vector<NamedTensor> find_last(const fs::path& file, const std::string& checksum) {
  return checksum_of(file) == checksum
             ? find_tensors({file}, file, checksum)
             : find_tensors({RunFolder::next(file), file, RunFolder::previous(file)}, file, checksum);
}

Tensors find_last(const RunFolder& folder, const SavedState& state) {
  return {find_last(folder.weights(), state.model), find_last(folder.optimizer(), state.optimizer),
          state.average.empty() ? std::vector<NamedTensor>() : find_last(folder.average(), state.average)};
}

/// Of the one before, which may be on its way to become the last one again, or may have shared tensors with it.
std::vector<NamedTensor> find_previous(const fs::path& file, const std::string& checksum) {
  return find_tensors({RunFolder::previous(file), file}, file, checksum);
}

Tensors find_previous(const RunFolder& folder, const SavedState& state) {
  return {find_previous(folder.weights(), state.model), find_previous(folder.optimizer(), state.optimizer),
          state.average.empty() ? std::vector<NamedTensor>() : find_previous(folder.average(), state.average)};
}

void restore(const RunFolder& folder, Tensors tensors, const CheckpointParts& parts) {
  copy_into(model_tensors(parts.model), tensors.model, folder.weights().string());
  // Runs of before had the states of LibTorch's generators.
  std::erase_if(tensors.optimizer, [](const NamedTensor& tensor) { return tensor.name.starts_with("generator/"); });
  copy_into(parts.optimizer.state(), tensors.optimizer, folder.optimizer().string());
  if (!parts.average.empty()) copy_into(parts.average, tensors.average, folder.average().string());
}

SavedState require_state(const RunFolder& folder) {
  std::optional<SavedState> saved = folder.last_state();
  if (!saved) throw Error(fmt::format("{}: there is no checkpoint to continue from", folder.path().string()));
  return *saved;
}

/// What `read` makes of the last checkpoint. Its files are looked for by what its state says; a save in the meantime
/// may take them away, and then there is a newer one.
template <typename Read>
auto read_raced(const RunFolder& folder, const Read& read) {
  while (true) {
    const SavedState state = require_state(folder);
    try {
      return read(state);
    } catch (const Error&) {
      if (to_text(require_state(folder)) == to_text(state)) throw;
    }
  }
}

/// The model's or the averaged ones.
std::vector<NamedTensor> last_weights(const RunFolder& folder, const std::string& name,
                                      std::string SavedState::*checksum) {
  const fs::path file = folder.weights(name);
  try {
    return read_raced(folder, [&](const SavedState& state) { return find_last(file, state.*checksum); });
  } catch (const Error& error) {
    if (!fs::exists(RunFolder::previous(file))) throw;
    throw Error(
        fmt::format("{}. --checkpoint {}.previous names the weights of the checkpoint before", error.what(), name));
  }
}

/// Of the checkpoint before; throws `damage` when there is none.
std::pair<SavedState, Tensors> fall_back(const RunFolder& folder, const Error& damage) {
  try {
    if (std::optional<SavedState> before = folder.previous_state()) {
      Tensors tensors = find_previous(folder, *before);
      return {std::move(*before), std::move(tensors)};
    }
  } catch (const FileError&) {
    throw;
  } catch (const Error& error) {
    throw Error(fmt::format("{}. The checkpoint before cannot be used either: {}", damage.what(), error.what()));
  }
  throw damage;
}

}  // namespace

void save_checkpoint(const RunFolder& folder, SavedState state, const CheckpointParts& parts,
                     const std::function<void(std::uint64_t bytes)>& note_progress) {
  const auto write = [&](const fs::path& file, const std::vector<NamedTensor>& tensors) {
    return write_safetensors(RunFolder::next(file), tensors, metadata(state.training), note_progress);
  };
  state.model = write(folder.weights(), model_tensors(parts.model));
  state.optimizer = write(folder.optimizer(), parts.optimizer.state());
  if (!parts.average.empty()) state.average = write(folder.average(), parts.average);
  folder.commit(state);
}

LoadedCheckpoint load_checkpoint(const RunFolder& folder, const CheckpointParts& parts) {
  LoadedCheckpoint loaded;
  Tensors tensors;
  try {
    loaded.state = require_state(folder);
    tensors = find_last(folder, loaded.state);
  } catch (const FileError&) {
    throw;  // a disk or network that fails for the moment has damaged nothing
  } catch (const Error& damage) {
    std::tie(loaded.state, tensors) = fall_back(folder, damage);
    loaded.warning = fmt::format("{}. Going on from the checkpoint before, of update {}", damage.what(),
                                 loaded.state.training.update);
  }
  restore(folder, std::move(tensors), parts);
  if (!loaded.warning.empty()) folder.take_back();
  return loaded;
}

SavedState read_checkpoint(const RunFolder& folder, const CheckpointParts& parts) {
  auto [state, tensors] =
      read_raced(folder, [&](const SavedState& last) { return std::pair(last, find_last(folder, last)); });
  restore(folder, std::move(tensors), parts);
  return state;
}

void save_weights(const RunFolder& folder, const std::string& checkpoint, const std::vector<NamedTensor>& weights,
                  const TrainingState& state) {
  write_safetensors(folder.weights(checkpoint), weights, metadata(state));
}

std::vector<NamedTensor> read_weights(const RunFolder& folder, const std::string& checkpoint) {
  if (checkpoint == "model" && folder.last_state()) return last_weights(folder, checkpoint, &SavedState::model);
  if (checkpoint == RunFolder::average_name) {
    const std::optional<SavedState> last = folder.last_state();
    if (last && !last->average.empty()) return last_weights(folder, checkpoint, &SavedState::average);
  }
  const fs::path file = folder.weights(checkpoint);
  if (!fs::exists(file)) {
    const std::vector<std::string> names = folder.weight_names();
    const std::string hint = nearest_name(checkpoint, names);
    throw Error(fmt::format("{}: there is no checkpoint '{}'{} This run has: {}", folder.path().string(),
                            printable(checkpoint), hint.empty() ? "." : hint,
                            names.empty() ? "none" : quoted_list(names)));
  }
  return read_safetensors(file).tensors;
}

void load_weights(const RunFolder& folder, const std::string& checkpoint, Model& model) {
  copy_into(model_tensors(model), read_weights(folder, checkpoint), folder.weights(checkpoint).string());
}

}  // namespace matseq
