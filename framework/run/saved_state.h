/// \file
/// state.json: what a checkpoint has beside tensors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "run/training_state.h"

namespace matseq {

/// How far a run's records had come when a checkpoint was saved. What came after is dropped when the run goes on from
/// it, since it will be written again.
struct RecordPositions {
  std::uint64_t metrics = 0;      ///< bytes of metrics.jsonl
  std::string events;             ///< name of the run's own event file
  std::uint64_t event_bytes = 0;  ///< of that file

  bool operator==(const RecordPositions&) const = default;
};

struct SavedState {
  TrainingState training;
  RecordPositions records;
  std::optional<std::uint32_t> data;  ///< checksum of the file of training examples
  std::string model;                  ///< checksum of the file of the model's tensors
  std::string optimizer;              ///< checksum of the file of the optimizer's tensors
  std::string average;                ///< checksum of the file of the averaged weights; empty: there are none
};

/// The file's content, which ends with a checksum of all the rest.
std::string to_text(const SavedState& state);

/// Throws Error that names `file` when it is damaged, written by another version, or says what cannot be.
SavedState saved_state_from_text(const std::string& text, const std::filesystem::path& file);

}  // namespace matseq
