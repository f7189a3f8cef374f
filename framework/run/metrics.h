/// \file
/// The figures of a run, for scripts and for TensorBoard.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "run/metrics_file.h"
#include "run/tensorboard_writer.h"

namespace matseq {

/// metrics.jsonl and TensorBoard events in a run folder, with the same scalars.
class Metrics {
 public:
  /// Goes on after `last_update` and `last_epoch`: what the files have of later ones is dropped.
  Metrics(const std::filesystem::path& folder, std::int64_t last_update, std::int64_t last_epoch);

  /// Adds an object with "update" and "epoch" to both. Its other numbers are scalars of TensorBoard, named by their
  /// path
  /// ("valid/within/d1/0.05"); those of its top level belong to training ("train/loss").
  void add(const nlohmann::ordered_json& line);

 private:
  MetricsFile file_;
  TensorBoardWriter events_;
};

}  // namespace matseq
