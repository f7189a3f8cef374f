/// \file
/// Draws random symmetric matrices whose eigenvalues follow a chosen distribution (spec section 1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "matseq/decompositions.h"
#include "matseq/export.h"
#include "matseq/matrix.h"
#include "matseq/matrix_sampler.h"
#include "matseq/parameters.h"
#include "matseq/random_stream.h"

namespace matseq {

/// Symmetric matrices: a random square matrix with its lower triangle mirrored, or one built from it with other
/// eigenvalues. With V the eigenvectors of the random matrix as columns, the latter is V^T diag(lambda) V.
class MATSEQ_API SymmetricSampler {
 public:
  /// The parameters of square matrices, `eigen_distribution` (one to five names, one of which is drawn for every
  /// example), `positive_first_row` (the signs of basis vectors) and `signs`, on which V and so V^T diag(lambda) V
  /// depend.
  static ParameterSchema schema();

  /// Throws Error for contradictions, such as a `positive_share` of coefficients that follow from eigenvalues, and for
  /// the solver's signs without LAPACK where V is needed.
  explicit SymmetricSampler(const Parameters& parameters);

  /// Draws size, range, distribution and matrix (n x n). False: to be thrown away and drawn again.
  bool draw(RandomStream& random, Matrix& symmetric) const;

  /// As MatrixSampler::add_noise: every coefficient on its own, so that the input is no longer quite symmetric.
  void add_noise(RandomStream& random, Matrix& input) const { sampler_.add_noise(random, input); }

  /// Whether a matrix is symmetric, but for rounding and for what noise does.
  bool is_symmetric(const Matrix& source) const;

  /// How a matrix differs from all that are drawn, as in Task::unfamiliar.
  std::vector<std::string> unfamiliar(const Matrix& source) const;

  /// The distributions of spec section 1, in its order.
  enum class Distribution : std::uint8_t { semicircle, positive, uniform, gaussian, laplace, positive2, marcenko };

 private:
  bool coefficients_are_independent() const;
  Distribution draw_distribution(RandomStream& random) const;
  void draw_marchenko_pastur(RandomStream& random, const MatrixSampler::Size& size, Matrix& symmetric) const;
  bool rebuild(RandomStream& random, Distribution distribution, double range, Matrix& symmetric) const;
  void choose_basis_signs(RandomStream& random, Matrix& symmetric) const;

  std::vector<std::string> unfamiliar_values(const Matrix& symmetric) const;

  MatrixSampler sampler_;
  std::vector<Distribution> distributions_;
  std::optional<double> positive_first_row_;
  Signs signs_ = Signs::canonical;
};

}  // namespace matseq
