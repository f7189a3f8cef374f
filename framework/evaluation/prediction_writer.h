/// \file
/// Predictions of an evaluation as JSON lines.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/experiment_data.h"
#include "evaluation/evaluator.h"
#include "files/atomic_file.h"

namespace matseq {

/// Writes one object a line: "set", "task" (under cotraining the component's), "class", "source", "target" (rows of
/// numbers, as decoded), "hypotheses" (best first; null where one is no matrix; none for a perfect example that was not
/// decoded, whose prediction is its target), "tokens" (of each hypothesis), "perfect", "correct", "errors" ("max",
/// "d1", "d2"; null when not correct), "right_coefficients". The file appears when `finish` is called.
class PredictionWriter {
 public:
  /// `task_name` is what a task without code tokens is called. Throws Error when the file cannot be written.
  PredictionWriter(const std::filesystem::path& file, const ExperimentData& data, std::string task_name);

  void write(const DataSet& set, const std::vector<Prediction>& predictions);
  void finish() { file_.commit(); }

 private:
  void append(const DataSet& set, const Prediction& prediction, std::string& text) const;

  AtomicFile file_;
  const ExperimentData& data_;
  std::string task_name_;
};

}  // namespace matseq
