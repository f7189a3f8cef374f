/// \file
/// The figures of a run, for scripts and for TensorBoard.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "run/metrics_file.h"
#include "run/saved_state.h"
#include "run/tensorboard_writer.h"

namespace matseq {

/// metrics.jsonl and TensorBoard events in a run folder, with the same scalars.
class Metrics {
 public:
  /// Where the records of a new run begin: with an event file of its own. Throws Error when there is a metrics.jsonl,
  /// which must be another run's.
  static RecordPositions begin(const std::filesystem::path& folder);

  /// Goes on from there: what the files have behind it is dropped.
  Metrics(const std::filesystem::path& folder, const RecordPositions& from);

  /// What the files had lost, for the user; usually nothing.
  const std::vector<std::string>& warnings() const { return warnings_; }

  /// Adds an object with "update" and "epoch" to both. Its other numbers are scalars of TensorBoard, named by their
  /// path
  /// ("valid/within/d1/0.05"); those of its top level belong to training ("train/loss").
  void add(const nlohmann::ordered_json& line);

  /// Puts everything on the disk and returns where that ends.
  RecordPositions sync();

 private:
  MetricsFile file_;
  TensorBoardWriter events_;
  std::vector<std::string> warnings_;
};

}  // namespace matseq
