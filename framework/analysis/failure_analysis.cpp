#include "analysis/failure_analysis.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "matseq/error.h"
#include "matseq/scores.h"

namespace matseq {
namespace {

/// Far more test sets and tasks than an evaluation has; what is beyond is another kind of file.
constexpr std::size_t most_groups = 1000;

/// Singular values take n^3 steps; more than this and one line could keep the analysis busy for minutes.
constexpr std::size_t largest_dimension = 256;

/// Which coefficients are right is not looked at.
constexpr double any_coeff_tolerance = 0;

constexpr double none = std::numeric_limits<double>::quiet_NaN();

void check_size(const char* name, const Matrix& matrix) {
  // An answer may have a row or column beside a matrix of the largest dimension.
  if (std::max(matrix.rows(), matrix.columns()) <= largest_dimension + 1) return;
  throw Error(fmt::format("'{}' is {} x {}; at most {} rows and columns can be analysed", name, matrix.rows(),
                          matrix.columns(), largest_dimension));
}

/// Null where no hypothesis can be scored.
const Matrix* measured_prediction(const PredictedExample& example, const Task& task) {
  if (example.perfect) return scorable(example.truth, example.truth.target) ? &example.truth.target : nullptr;
  std::vector<const Matrix*> candidates;
  for (const auto& hypothesis : example.hypotheses) {
    if (hypothesis && scorable(example.truth, *hypothesis)) candidates.push_back(&*hypothesis);
  }
  if (candidates.size() < 2) return candidates.empty() ? nullptr : candidates[0];
  const auto error = [&](const Matrix* candidate) {
    const Score score = task.score(example.truth, *candidate, any_coeff_tolerance);
    return score.valid ? score.d1 : std::numeric_limits<double>::infinity();
  };
  return *std::ranges::min_element(candidates, {}, error);
}

void add_measures(const PredictedExample& example, PredictionGroup& group) {
  std::vector<double> deviations;
  std::optional<double> condition;
  if (example.truth.source.size() > 0 && example.truth.target.size() > 0) {
    check_size("target", example.truth.target);
    group.measures->check(example.truth);
    check_size("source", example.truth.source);
    const Matrix* prediction = measured_prediction(example, *group.plugin);
    if (prediction != nullptr) deviations = group.measures->deviations(example.truth, *prediction);
    condition = group.measures->condition(example.truth, prediction);
  }
  deviations.resize(group.deviations.size(), none);
  for (std::size_t i = 0; i < deviations.size(); ++i) group.deviations[i].push_back(deviations[i]);
  group.conditions.push_back(condition.value_or(none));
}

}  // namespace

void FailureAnalysis::add(const PredictedExample& example) {
  PredictionGroup& group = group_of(example);
  if (group.measures) add_measures(example, group);
  const bool decodable = example.perfect || std::ranges::any_of(example.hypotheses, [](const auto& hypothesis) {
                           return hypothesis.has_value();
                         });
  group.perfect += example.perfect ? 1 : 0;
  group.correct += example.perfect || example.correct ? 1 : 0;
  group.not_decodable += decodable ? 0 : 1;
  group.errors.push_back(example.perfect ? 0 : example.d1);
}

PredictionGroup& FailureAnalysis::group_of(const PredictedExample& example) {
  const auto [found, is_new] = index_.try_emplace({example.set, example.task}, groups_.size());
  if (!is_new) return groups_[found->second];
  if (groups_.size() == most_groups) {
    throw Error(
        fmt::format("more than {} test sets and tasks; are these the predictions of one evaluation?", most_groups));
  }
  PredictionGroup& group = groups_.emplace_back();
  group.set = example.set;
  group.task = example.task;
  group.plugin = make_task_(example.task);
  if (group.plugin) group.measures = group.plugin->measures();
  if (group.measures) group.properties = group.measures->properties();
  group.deviations.resize(group.properties.size());
  return group;
}

}  // namespace matseq
