// Eigenvalues, ascending, and below them the eigenvectors of a symmetric n x n matrix (spec section 1).
#include <algorithm>
#include <memory>

#include "matseq/decompositions.h"
#include "matseq/matrix_measures.h"
#include "matseq/matrix_task.h"
#include "matseq/register.h"
#include "matseq/scores.h"

namespace matseq {
namespace {

/// Of an answer of (n + 1) x n: the eigenvalues in its first row, and the eigenvectors Q below.
std::span<const double> eigenvalues_of(const Matrix& answer) { return answer.values().first(answer.columns()); }

Matrix eigenvectors_of(const Matrix& answer) {
  Matrix vectors(answer.rows() - 1, answer.columns());
  std::ranges::copy(answer.values().subspan(answer.columns()), vectors.data());
  return vectors;
}

class EigenvectorMeasures : public Measures {
 public:
  std::vector<Property> properties() const override {
    return {{"eigenvalues", "relative l1 distance to the true eigenvalues"},
            {"norms", "largest deviation from 1 of a row's or column's norm of Q"},
            {"orthogonality", "largest |cosine| between neighbouring rows of Q"}};
  }

  void check(const Example& truth) const override {
    const std::size_t n = truth.target.columns();
    require_shape("source", truth.source, n, n);
    require_shape("target", truth.target, n + 1, n);
  }

  std::vector<double> deviations(const Example& truth, const Matrix& hypothesis) const override {
    const Matrix vectors = eigenvectors_of(hypothesis);
    return {relative_l1_distance(eigenvalues_of(hypothesis), eigenvalues_of(truth.target)), norm_deviation(vectors),
            neighbour_cosine(vectors)};
  }

  std::string conditioned_matrix() const override { return "the predicted Q"; }
  bool ideal_condition_is_one() const override { return true; }

  std::optional<double> condition(const Example& /*truth*/, const Matrix* hypothesis) const override {
    if (hypothesis == nullptr) return std::nullopt;
    return condition_number(eigenvectors_of(*hypothesis));
  }
};

class Eigenvectors : public SymmetricMatrixTask {
 public:
  explicit Eigenvectors(const Parameters& parameters) : SymmetricMatrixTask(parameters), signs_(signs_of(parameters)) {
    require_signs(parameters);
  }

  Score score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance) const override {
    const std::size_t n = truth.target.columns();
    require_source_shape(truth, n, n);
    if (!scorable(truth, hypothesis) || hypothesis.rows() != n + 1) return {};
    const auto vectors = hypothesis.values().subspan(n);
    return diagonalization_score(truth.source, vectors, vectors, eigenvalues_of(hypothesis), coeff_tolerance);
  }

  std::unique_ptr<const Measures> measures() const override { return std::make_unique<EigenvectorMeasures>(); }

 protected:
  bool solve(const Matrix& source, Matrix& target) const override {
    const std::size_t n = source.rows();
    target.resize(n + 1, n);
    return symmetric_eigenvectors(signs_, n, source.values(), target.values().first(n), target.values().subspan(n));
  }

 private:
  Signs signs_;
};

}  // namespace
}  // namespace matseq

MATSEQ_REGISTER(matseq::Eigenvectors, "eigenvectors", "1.0.0",
                "Eigenvalues, ascending, and eigenvectors of a symmetric matrix")
