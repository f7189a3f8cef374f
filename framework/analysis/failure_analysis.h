/// \file
/// Collects what the failure analysis of predictions needs of each (spec section 8, end).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "analysis/prediction_reader.h"
#include "matseq/task.h"

namespace matseq {

/// Makes a task by its name, with default parameters; null where it cannot: its predictions are then only counted.
using NamedTask = std::function<std::unique_ptr<const Task>(const std::string& name)>;

/// The predictions of one task on one test set.
struct PredictionGroup {
  std::string set;
  std::string task;
  std::shared_ptr<const Task> plugin;        ///< the task itself; null where it could not be made
  std::shared_ptr<const Measures> measures;  ///< the task's; null for one that has none
  std::vector<Property> properties;          ///< that these measure
  std::uint64_t perfect = 0;
  std::uint64_t correct = 0;        ///< perfect, or some hypothesis can be scored
  std::uint64_t not_decodable = 0;  ///< not perfect, and no hypothesis is a matrix
  std::vector<double> errors;       ///< d1 of each prediction: 0 for a perfect one, infinite for one that has no score
  /// By property, of each prediction; NaN for one that cannot be measured.
  std::vector<std::vector<double>> deviations;
  std::vector<double> conditions;  ///< condition number of each prediction, or NaN; empty without

  std::size_t size() const { return errors.size(); }
};

/// Groups predictions by test set and task and measures them. Keeps a few numbers of each prediction.
///
/// A perfect example's prediction is its target. Of several hypotheses that can be scored the one with the smallest d1
/// error is measured, as it is the one that makes the prediction right.
class FailureAnalysis {
 public:
  explicit FailureAnalysis(NamedTask make_task) : make_task_(std::move(make_task)) {}

  /// Throws Error when the example's matrices cannot be of its task, or when there are too many groups.
  void add(const PredictedExample& example);

  /// In the order in which they first appeared.
  const std::vector<PredictionGroup>& groups() const { return groups_; }

 private:
  PredictionGroup& group_of(const PredictedExample& example);

  NamedTask make_task_;
  std::vector<PredictionGroup> groups_;
  std::map<std::pair<std::string, std::string>, std::size_t> index_;  ///< by set and task
};

}  // namespace matseq
