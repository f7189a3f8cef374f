/// \file
/// Draws the random matrices that tasks are made of: sizes, coefficients, noise (spec section 1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "matseq/export.h"
#include "matseq/matrix.h"
#include "matseq/parameters.h"
#include "matseq/random_stream.h"

namespace matseq {

/// Sizes, coefficients and noise as the experiment's parameters ask. A task puts `schema` into its own, makes a sampler
/// of its parameters, and for every example calls `draw_size`, `fill` as often as it has matrices, and, once the target
/// is computed, `add_noise`.
class MATSEQ_API MatrixSampler {
 public:
  /// Which sizes a task has: square n x n, or n x p, drawn or forced.
  enum class Shape : std::uint8_t { square, rectangular };

  /// What an example begins with.
  struct Size {
    std::size_t n = 0;  ///< first dimension
    std::size_t p = 0;  ///< second dimension; equals n for square matrices
    double range = 0;   ///< A: uniform coefficients lie in (-A, A)
  };

  /// The parameters `generator`, `max_input_coeff`, `min_input_coeff`, `positive_share`, `min_dimension`,
  /// `max_dimension`, `noisy_input`, `sigma`; for rectangular shapes also `rectangular`, `force_dim`,
  /// `first_dimension`, `second_dimension`.
  static ParameterSchema schema(Shape shape);

  /// From parameters whose schema holds `schema`. Throws Error when a smallest value is above its largest.
  explicit MatrixSampler(const Parameters& parameters);

  /// n uniform in [min_dimension, max_dimension]; p likewise if `rectangular`, else n; or both as forced; then A
  /// uniform integer in [min_input_coeff, max_input_coeff].
  Size draw_size(RandomStream& random) const;

  /// Independent coefficients: U(-range, range), or N(0, range / sqrt(3)), which has the same variance. With
  /// `positive_share`, each keeps its absolute value and is positive with that probability.
  void fill(RandomStream& random, double range, std::span<double> coefficients) const;

  /// Whether the two dimensions need not be equal, whether or not they are with these parameters.
  bool may_be_rectangular() const { return may_be_rectangular_; }
  /// Whether `draw_size` gives this size.
  bool draws(std::size_t n, std::size_t p) const;
  /// Every size that `draw_size` gives, in ascending order, but no more than `most`.
  std::vector<Size> sizes(std::size_t most) const;
  /// The largest range A.
  double largest_range() const { return static_cast<double>(largest_range_); }
  /// The largest absolute value of a coefficient; with the gaussian generator and with noise, none is larger but once
  /// in a hundred million.
  double largest_coefficient() const;
  /// What noise adds to a coefficient at most, but once in a hundred million; 0: there is none.
  double noise() const;
  /// How independent coefficients differ from all that `fill` writes, as in Task::unfamiliar: too large, of a
  /// sign that is never drawn, or all so small as is not seen once in a hundred million examples.
  std::vector<std::string> unfamiliar(std::span<const double> coefficients) const;

  /// With `noisy_input`, adds N(0, max_input_coeff * sigma / sqrt(3)) to every coefficient.
  void add_noise(RandomStream& random, Matrix& input) const;

 private:
  bool gaussian_ = false;
  std::int64_t smallest_range_ = 0;
  std::int64_t largest_range_ = 0;
  std::optional<double> positive_share_;
  std::int64_t smallest_dimension_ = 0;
  std::int64_t largest_dimension_ = 0;
  bool may_be_rectangular_ = false;
  bool rectangular_ = false;
  bool forced_ = false;
  std::int64_t first_dimension_ = 0;
  std::int64_t second_dimension_ = 0;
  double noise_deviation_ = 0;  ///< 0: no noise
};

}  // namespace matseq
