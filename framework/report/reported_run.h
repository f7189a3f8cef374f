/// \file
/// All that a report says of one run.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "report/prediction_sample.h"
#include "run/run_record.h"

namespace matseq {

struct ReportedRun {
  std::string name;  ///< in its report: the folder's, with as much of its path as tells it from the others
  std::filesystem::path folder;
  std::optional<RunRecord> record;              ///< none when the run failed before it was one, or cannot be read
  std::string refusal;                          ///< why it, or its predictions, cannot be read; usually empty
  std::string failure;                          ///< failure.txt; usually empty
  std::string model;                            ///< `model_line`
  std::optional<PredictionSample> predictions;  ///< none when no evaluation wrote any
};

/// Reads a run, with at most `most_predictions` right and wrong ones. What cannot be read is said in `refusal`.
ReportedRun read_reported_run(const std::filesystem::path& folder, std::size_t most_predictions);

/// Gives every run a name of its own.
void name_apart(std::vector<ReportedRun>& runs);

/// "finished", "running" and so on, or "failed", "unreadable".
std::string state_of(const ReportedRun& run);

/// The first tolerance of the run's evaluations, which tells right from wrong.
double first_tolerance(const FlatSettings& settings);

/// The norm of the run's accuracy: "d1" unless it says otherwise.
std::string accuracy_norm(const FlatSettings& settings);

/// The middle one of the speeds noted, in examples a second; not a number when none was.
double usual_speed(const RunRecord& record);

/// A run's test sets by their last evaluation; an empty object before the first.
const nlohmann::ordered_json& last_sets(const RunRecord& record);

/// The largest finite value of a percentage of the first test set, and of which evaluation it is; none before the
/// first.
struct BestAccuracy {
  double accuracy = 0;
  std::int64_t epoch = 0;
};
std::optional<BestAccuracy> best_accuracy(const RunRecord& record);

}  // namespace matseq
