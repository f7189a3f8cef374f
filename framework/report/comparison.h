/// \file
/// Runs side by side: those that differ in nothing but the seed together, all at one budget.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "analysis/welch.h"
#include "run/run_record.h"

namespace matseq {

struct ComparisonOptions {
  /// As in `training.validation_metrics`, a leading '_' saying that smaller is better; empty: the first run's first.
  std::string metric;
  std::vector<std::string> further;             ///< metrics that are shown beside it, with or without '_'
  std::optional<double> target;                 ///< a value of the metric to reach
  std::optional<std::int64_t> budget_examples;  ///< only evaluations after so many training examples or fewer count
  std::optional<double> budget_seconds;         ///< likewise, seconds from the run's beginning
};

/// A run at the last evaluation within the budget.
struct ComparedRun {
  std::filesystem::path folder;
  std::string name;
  std::string seed;
  double value = 0;             ///< of the metric
  std::vector<double> further;  ///< of the further metrics; not a number where the evaluation has none
  std::int64_t examples = 0;    ///< trained on by then
  double seconds = 0;           ///< since the run's beginning; not a number when nobody noted it
  /// Of training without evaluations, where the run noted it, else of all; not a number when neither is known.
  double examples_per_second = std::numeric_limits<double>::quiet_NaN();
  std::optional<std::int64_t> target_examples;  ///< at the first evaluation that reaches the target
  std::optional<double> target_seconds;
};

/// Runs of one configuration.
struct ComparisonRow {
  std::vector<std::string> settings;  ///< by column, as texts without quotes
  std::vector<ComparedRun> runs;      ///< at least one
  Sample value;
  std::vector<Sample> further;     ///< of the further metrics; their means are no numbers where some run has none
  std::optional<double> p;         ///< Welch's test against the first row
  std::optional<double> target_p;  ///< that the mean meets the target, one-sided

  std::size_t reached() const;  ///< runs that reach the target
  double mean_examples() const;
  double mean_seconds() const;          ///< not a number when some run's is not known
  double mean_rate() const;             ///< likewise
  double mean_target_examples() const;  ///< of those that reach it; not a number when none does
  double mean_target_seconds() const;   ///< likewise
};

struct Comparison {
  std::string metric;  ///< without '_'
  bool smaller_is_better = false;
  std::vector<std::string> further;  ///< further metrics, likewise
  std::vector<std::string> columns;  ///< settings in which the runs differ; "encoding" when input and output are one
  std::vector<ComparisonRow> rows;   ///< in the order of their first runs
  std::string budget;                ///< a sentence: what was cut, and where
  std::optional<std::int64_t> cut_examples;
  std::optional<double> cut_seconds;
  std::vector<std::string> notes;  ///< runs that were left out, and what else a reader must know
};

/// Runs of equal settings but `data.seed` become a row. Without a budget in the options, all are compared at the most
/// examples that every run has been evaluated at. Runs without an evaluation in the budget, and those that repeat
/// another with the same seed, are left out with a note. Throws Error when no run is left, and for a metric, a
/// further one too, that none has.
Comparison compare(const std::vector<RunRecord>& runs, const ComparisonOptions& options);

/// Rows by a key: "value" (best first), "examples_per_second" (fastest first), "seconds", "target" (fewest examples
/// first), or a column's name or its last part (ascending, numbers as numbers). The first row is what the others are
/// tested against. Throws Error that lists the keys.
void sort_rows(Comparison& comparison, const std::string& key);

}  // namespace matseq
