#include "analysis/task_measures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "analysis/matrix_measures.h"
#include "matseq/error.h"
#include "matseq/scores.h"

namespace matseq {
namespace {

/// Singular values take n^3 steps; more than this and one line could keep the analysis busy for minutes.
constexpr std::size_t largest_dimension = 256;

/// Which coefficients are right is not looked at.
constexpr double any_coeff_tolerance = 0;

void check_shape(const char* name, const Matrix& matrix, std::size_t rows, std::size_t columns) {
  if (std::max(rows, columns) > largest_dimension + 1) {
    throw Error(fmt::format("'{}' is {} x {}; at most {} rows and columns can be analysed", name, rows, columns,
                            largest_dimension));
  }
  if (matrix.rows() == rows && matrix.columns() == columns) return;
  throw Error(
      fmt::format("'{}' is {} x {} where {} x {} is accepted", name, matrix.rows(), matrix.columns(), rows, columns));
}

/// The eigenvectors' part of an answer of (n+1) x n.
Matrix eigenvectors_of(const Matrix& answer) {
  Matrix vectors(answer.rows() - 1, answer.columns());
  std::ranges::copy(answer.values().subspan(answer.columns()), vectors.data());
  return vectors;
}

std::span<const double> eigenvalues_of(const Matrix& answer) { return answer.values().first(answer.columns()); }

class EigenvectorMeasures : public TaskMeasures {
 public:
  std::span<const Property> properties() const override {
    static constexpr std::array<Property, 3> all = {
        {{"eigenvalues", "relative l1 distance to the true eigenvalues"},
         {"norms", "largest deviation from 1 of a row's or column's norm of Q"},
         {"orthogonality", "largest |cosine| between neighbouring rows of Q"}}};
    return all;
  }
  const char* conditioned_matrix() const override { return "the predicted Q"; }
  bool ideal_condition_is_one() const override { return true; }

  void check_shapes(const Example& truth) const override {
    const std::size_t n = truth.target.columns();
    check_shape("source", truth.source, n, n);
    check_shape("target", truth.target, n + 1, n);
  }

  Score score(const Example& truth, const Matrix& hypothesis) const override {
    if (!scorable(truth, hypothesis)) return {};
    const Matrix vectors = eigenvectors_of(hypothesis);
    return diagonalization_score(truth.source, vectors.values(), vectors.values(), eigenvalues_of(hypothesis),
                                 any_coeff_tolerance);
  }

  void measure(const Example& truth, const Matrix& hypothesis, std::vector<double>& deviations) const override {
    const Matrix vectors = eigenvectors_of(hypothesis);
    deviations.push_back(relative_l1_distance(eigenvalues_of(hypothesis), eigenvalues_of(truth.target)));
    deviations.push_back(norm_deviation(vectors));
    deviations.push_back(neighbour_cosine(vectors));
  }

  std::optional<double> condition(const Example& /*truth*/, const Matrix* hypothesis) const override {
    if (hypothesis == nullptr) return std::nullopt;
    return condition_number(eigenvectors_of(*hypothesis));
  }
};

class InversionMeasures : public TaskMeasures {
 public:
  std::span<const Property> properties() const override {
    static constexpr std::array<Property, 2> all = {{{"identity", "sum |M H - I| / n of input M and answer H"},
                                                     {"inverse", "relative l1 distance to the true inverse"}}};
    return all;
  }
  const char* conditioned_matrix() const override { return "the input M"; }
  bool ideal_condition_is_one() const override { return false; }

  void check_shapes(const Example& truth) const override {
    const std::size_t n = truth.target.columns();
    check_shape("source", truth.source, n, n);
    check_shape("target", truth.target, n, n);
    if (!std::ranges::all_of(truth.source.values(), [](double entry) { return std::isfinite(entry); })) {
      throw Error("'source' has entries that are not finite");
    }
  }

  Score score(const Example& truth, const Matrix& hypothesis) const override {
    return inverse_score(truth, hypothesis, any_coeff_tolerance, false);
  }

  void measure(const Example& truth, const Matrix& hypothesis, std::vector<double>& deviations) const override {
    deviations.push_back(inversion_residual(truth.source, hypothesis));
    deviations.push_back(relative_l1_distance(hypothesis.values(), truth.target.values()));
  }

  std::optional<double> condition(const Example& truth, const Matrix* /*hypothesis*/) const override {
    return condition_number(truth.source);
  }
};

}  // namespace

std::unique_ptr<const TaskMeasures> make_task_measures(const std::string& task) {
  if (task == "eigenvectors") return std::make_unique<EigenvectorMeasures>();
  if (task == "invert_matrix" || task == "syminverse") return std::make_unique<InversionMeasures>();
  return nullptr;
}

}  // namespace matseq
