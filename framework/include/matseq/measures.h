/// \file
/// What more can be said of an answer than how far it is from the truth (spec section 8, end).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "matseq/example.h"
#include "matseq/export.h"

namespace matseq {

/// A mathematical property that an answer should have.
struct Property {
  std::string name;       ///< one or two words for tables, JSON and files: "eigenvalues"
  std::string deviation;  ///< how the distance from having it is measured
};

/// Which properties of a right answer the answers to a task still have, and what makes an example hard: for
/// `matseq analyze`, to say how wrong answers are wrong. Objects are immutable. `matseq/matrix_measures.h` has
/// distances to make them of.
class MATSEQ_API Measures {
 public:
  Measures() = default;
  Measures(const Measures&) = delete;
  Measures& operator=(const Measures&) = delete;
  virtual ~Measures();

  /// The properties, in the order in which they are reported.
  virtual std::vector<Property> properties() const = 0;

  /// Throws Error unless source and target have shapes, and entries, that the task can have. It is called before what
  /// follows, whose `truth` therefore needs no further check.
  virtual void check(const Example& truth) const = 0;

  /// How far a hypothesis of the target's shape with finite entries is from each property, >= 0, 0 being perfect.
  virtual std::vector<double> deviations(const Example& truth, const Matrix& hypothesis) const = 0;

  /// Of which matrix `condition` gives the condition number, "the predicted Q"; empty, the default, for none.
  virtual std::string conditioned_matrix() const { return {}; }

  /// Whether a right answer's condition number is close to 1, so that its distance from 1 tells more.
  virtual bool ideal_condition_is_one() const { return false; }

  /// The condition number; `hypothesis` is null where no answer can be measured. None where it would be of that one.
  virtual std::optional<double> condition(const Example& /*truth*/, const Matrix* /*hypothesis*/) const {
    return std::nullopt;
  }
};

/// Throws Error, which calls the matrix `name`, unless it has this shape.
MATSEQ_API void require_shape(const std::string& name, const Matrix& matrix, std::size_t rows, std::size_t columns);

}  // namespace matseq
