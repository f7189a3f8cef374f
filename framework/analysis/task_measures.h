/// \file
/// What failure analysis measures of the predictions of a task (spec section 8, end).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "matseq/matrix.h"
#include "matseq/task.h"

namespace matseq {

/// A mathematical property that an answer should have.
struct Property {
  const char* name;       ///< one or two tokens for tables, JSON and files: "eigenvalues"
  const char* deviation;  ///< how the distance from having it is measured
};

/// The measures of one task. Objects are immutable.
class TaskMeasures {
 public:
  TaskMeasures() = default;
  TaskMeasures(const TaskMeasures&) = delete;
  TaskMeasures& operator=(const TaskMeasures&) = delete;
  virtual ~TaskMeasures() = default;

  virtual std::span<const Property> properties() const = 0;
  /// Of which matrix the condition number is: "the predicted Q".
  virtual const char* conditioned_matrix() const = 0;
  /// Whether a right answer's condition number is close to 1, so that its distance from 1 tells more.
  virtual bool ideal_condition_is_one() const = 0;

  /// Throws Error unless source and target have shapes that the task can have, small enough to be measured.
  virtual void check_shapes(const Example& truth) const = 0;

  /// The hypothesis' score as the task's own evaluation gives it.
  virtual Score score(const Example& truth, const Matrix& hypothesis) const = 0;

  /// Appends how far a hypothesis of the target's shape with finite entries is from each property, 0 being perfect.
  virtual void measure(const Example& truth, const Matrix& hypothesis, std::vector<double>& deviations) const = 0;

  /// The condition number; `hypothesis` is null where there is none to be measured. None where it is of that one.
  virtual std::optional<double> condition(const Example& truth, const Matrix* hypothesis) const = 0;
};

/// The measures of a task by the name of its plugin; null for a task that has none. Of `eigenvectors`, whose answer is
/// (n+1) x n, the eigenvalues above the eigenvectors Q as columns: the eigenvalues' relative l1 distance to the true
/// ones; Q's norms (`norm_deviation`), orthogonality (`neighbour_cosine`) and condition number. Of `invert_matrix` and
/// `syminverse`, input M and answer H: sum|M H - I| / n, the relative l1 distance of H to the target, and the condition
/// number of M.
std::unique_ptr<const TaskMeasures> make_task_measures(const std::string& task);

}  // namespace matseq
