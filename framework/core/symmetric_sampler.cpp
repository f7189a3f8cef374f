#include "matseq/symmetric_sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <optional>
#include <string>
#include <utility>

#include "core/scratch.h"
#include "matseq/error.h"
#include "matseq/refuse_parameter.h"

namespace matseq {
namespace {

using Distribution = SymmetricSampler::Distribution;

constexpr std::size_t most_distributions = 5;
/// More than there are sizes.
constexpr std::size_t largest_listed = 1000;
/// Laplace's eigenvalues, whose tails are the longest, are this many deviations off once in a million; those of
/// Marchenko and Pastur grow with another root of n and are as far within.
constexpr double most_eigenvalue_deviations = 10;

constexpr std::array<std::pair<const char*, Distribution>, 7> names = {{
    {"semicircle", Distribution::semicircle},
    {"positive", Distribution::positive},
    {"uniform", Distribution::uniform},
    {"gaussian", Distribution::gaussian},
    {"laplace", Distribution::laplace},
    {"positive2", Distribution::positive2},
    {"marcenko", Distribution::marcenko},
}};

bool needs_vectors(Distribution distribution) {
  return distribution != Distribution::semicircle && distribution != Distribution::marcenko;
}

Distribution distribution_named(const std::string& name) {
  return std::ranges::find_if(names, [&](const auto& known) { return name == known.first; })->second;
}

bool is_positive(Distribution distribution) {
  return distribution == Distribution::positive || distribution == Distribution::positive2 ||
         distribution == Distribution::marcenko;
}

double largest_asymmetry(const Matrix& square) {
  double largest = 0;
  for (std::size_t row = 0; row < square.rows(); ++row) {
    for (std::size_t column = 0; column < row; ++column) {
      largest = std::max(largest, std::abs(square(row, column) - square(column, row)));
    }
  }
  return largest;
}

void mirror_lower_triangle(Matrix& square) {
  for (std::size_t row = 0; row < square.rows(); ++row) {
    for (std::size_t column = 0; column < row; ++column) square(column, row) = square(row, column);
  }
}

/// One eigenvalue; `old` is the random matrix's own, `sigma` = sqrt(n) A / sqrt(3) the deviation of them all.
double draw_eigenvalue(RandomStream& random, Distribution distribution, double old, double sigma) {
  switch (distribution) {
    case Distribution::positive:
      return std::abs(old);
    case Distribution::uniform:
      return random.uniform(-std::numbers::sqrt3 * sigma, std::numbers::sqrt3 * sigma);
    case Distribution::gaussian:
      return random.normal(0, sigma);
    case Distribution::laplace:
      return random.laplace(0, sigma / std::numbers::sqrt2);
    case Distribution::positive2:
      return std::abs(random.laplace(0, sigma / std::numbers::sqrt2));
    case Distribution::semicircle:
    case Distribution::marcenko:
      break;
  }
  return old;
}

}  // namespace

ParameterSchema SymmetricSampler::schema() {
  ParameterSchema schema = MatrixSampler::schema(MatrixSampler::Shape::square);
  std::vector<std::string> choices;
  for (const auto& known : names) choices.emplace_back(known.first);
  schema.push_back(Parameter::texts("eigen_distribution", {"semicircle"},
                                    "distributions of the eigenvalues, at most 5, one drawn for every example")
                       .one_of(choices));
  schema.push_back(Parameter::real("positive_first_row", 0.5,
                                   "probability with which a coefficient of the first row but the diagonal's is "
                                   "positive: of basis vectors, which changes no eigenvalue; unset: as drawn")
                       .at_least(0)
                       .at_most(1)
                       .optional());
  schema.push_back(signs_parameter());
  return schema;
}

SymmetricSampler::SymmetricSampler(const Parameters& parameters) : sampler_(parameters), signs_(signs_of(parameters)) {
  for (const std::string& name : parameters.texts("eigen_distribution")) {
    distributions_.push_back(distribution_named(name));
  }
  if (distributions_.empty() || distributions_.size() > most_distributions) {
    const std::string& where = parameters.table().entries.at("eigen_distribution").where;
    throw Error(fmt::format("{}: 'eigen_distribution' has {} names; 1 to {} are accepted", where, distributions_.size(),
                            most_distributions));
  }
  if (parameters.has("positive_share") && !coefficients_are_independent()) {
    refuse_parameter(parameters, "positive_share",
                     "'positive_share' is of coefficients that are drawn on their own, and those of this "
                     "'eigen_distribution' follow from eigenvalues; 'positive_first_row' is accepted instead, which "
                     "changes none");
  }
  if (parameters.has("positive_first_row")) positive_first_row_ = parameters.real("positive_first_row");
  if (std::ranges::any_of(distributions_, needs_vectors)) require_signs(parameters);
}

bool SymmetricSampler::draw(RandomStream& random, Matrix& symmetric) const {
  const MatrixSampler::Size size = sampler_.draw_size(random);
  const Distribution distribution = draw_distribution(random);
  symmetric.resize(size.n, size.n);
  if (distribution == Distribution::marcenko) {
    draw_marchenko_pastur(random, size, symmetric);
  } else {
    sampler_.fill(random, size.range, symmetric.values());
    mirror_lower_triangle(symmetric);
    if (distribution != Distribution::semicircle && !rebuild(random, distribution, size.range, symmetric)) return false;
  }
  if (positive_first_row_) choose_basis_signs(random, symmetric);
  return true;
}

bool SymmetricSampler::is_symmetric(const Matrix& source) const {
  constexpr double rounding = 1e-9;
  if (source.rows() != source.columns()) return false;
  double largest = 0;
  for (const double entry : source.values()) largest = std::max(largest, std::abs(entry));
  return largest_asymmetry(source) <= rounding * largest + 2 * sampler_.noise();
}

std::vector<std::string> SymmetricSampler::unfamiliar(const Matrix& source) const {
  std::vector<std::string> differences;
  const std::size_t n = source.rows();
  if (source.columns() != n) {
    return {fmt::format("it is {} x {}, not square", n, source.columns())};
  }
  if (!sampler_.draws(n, n)) {
    const std::vector<MatrixSampler::Size> sizes = sampler_.sizes(largest_listed);
    differences.push_back(sizes.size() == 1
                              ? fmt::format("it is {} x {}; all that is drawn is {} x {}", n, n, sizes[0].n, sizes[0].n)
                              : fmt::format("it is {} x {}; what is drawn is from {} x {} to {} x {}", n, n,
                                            sizes.front().n, sizes.front().n, sizes.back().n, sizes.back().n));
  }
  if (!is_symmetric(source)) {
    differences.push_back(fmt::format("it is not symmetric: entries across the diagonal differ by up to {:.4g}",
                                      largest_asymmetry(source)));
  }
  for (std::string& difference : unfamiliar_values(source)) differences.push_back(std::move(difference));
  return differences;
}

std::vector<std::string> SymmetricSampler::unfamiliar_values(const Matrix& symmetric) const {
  const std::size_t n = symmetric.rows();
  if (coefficients_are_independent()) {
    std::vector<double> lower_triangle;
    for (std::size_t row = 0; row < n; ++row) {
      for (std::size_t column = 0; column <= row; ++column) lower_triangle.push_back(symmetric(row, column));
    }
    return sampler_.unfamiliar(lower_triangle);
  }
  std::vector<double> eigenvalues(n);
  if (!symmetric_eigenvalues(n, symmetric.values(), eigenvalues)) return {};
  std::vector<std::string> differences;
  const double smallest = *std::ranges::min_element(eigenvalues);
  const double largest = std::max(std::abs(smallest), std::abs(*std::ranges::max_element(eigenvalues)));
  const double deviation = std::sqrt(static_cast<double>(n)) * sampler_.largest_range() / std::numbers::sqrt3;
  const double most = most_eigenvalue_deviations * std::max(1.0, deviation / sampler_.largest_range()) * deviation;
  const double noise = static_cast<double>(n) * sampler_.noise();
  if (largest > most + noise) {
    differences.push_back(fmt::format(
        "it has an eigenvalue of absolute value {:.4g}; the deviation of those drawn is {:.4g}", largest, deviation));
  }
  if (std::ranges::all_of(distributions_, is_positive) && smallest < -1e-9 * largest - noise) {
    differences.push_back(
        fmt::format("it has a negative eigenvalue, {:.4g}; all that are drawn are positive", smallest));
  }
  return differences;
}

bool SymmetricSampler::coefficients_are_independent() const {
  return std::ranges::all_of(distributions_,
                             [](Distribution distribution) { return distribution == Distribution::semicircle; });
}

SymmetricSampler::Distribution SymmetricSampler::draw_distribution(RandomStream& random) const {
  if (distributions_.size() == 1) return distributions_.front();
  const std::int64_t chosen = random.integer(0, static_cast<std::int64_t>(distributions_.size()) - 1);
  return distributions_[static_cast<std::size_t>(chosen)];
}

/// G^T G, with G (n x n) of range sqrt(A).
void SymmetricSampler::draw_marchenko_pastur(RandomStream& random, const MatrixSampler::Size& size,
                                             Matrix& symmetric) const {
  const std::size_t n = size.n;
  Scratch<double, 256> factor(n * n);
  sampler_.fill(random, std::sqrt(size.range), {factor.data(), n * n});
  for (std::size_t row = 0; row < n; ++row) {
    for (std::size_t column = 0; column <= row; ++column) {
      double sum = 0;
      for (std::size_t k = 0; k < n; ++k) sum += factor[k * n + row] * factor[k * n + column];
      symmetric(row, column) = sum;
    }
  }
  mirror_lower_triangle(symmetric);
}

/// Replaces the random symmetric matrix by V^T diag(lambda) V.
bool SymmetricSampler::rebuild(RandomStream& random, Distribution distribution, double range, Matrix& symmetric) const {
  const std::size_t n = symmetric.rows();
  Scratch<double, 32> eigenvalues(n);
  Scratch<double, 256> vectors(n * n);
  if (!symmetric_eigenvectors(signs_, n, symmetric.values(), {eigenvalues.data(), n}, {vectors.data(), n * n})) {
    return false;
  }
  const double sigma = std::sqrt(static_cast<double>(n)) * range / std::numbers::sqrt3;
  for (std::size_t k = 0; k < n; ++k) {
    eigenvalues[k] = draw_eigenvalue(random, distribution, eigenvalues[k], sigma);
  }
  for (std::size_t row = 0; row < n; ++row) {
    for (std::size_t column = 0; column <= row; ++column) {
      double sum = 0;
      for (std::size_t k = 0; k < n; ++k) sum += vectors[k * n + row] * eigenvalues[k] * vectors[k * n + column];
      symmetric(row, column) = sum;
    }
  }
  mirror_lower_triangle(symmetric);
  return true;
}

/// Changes the sign of basis vectors, and so of rows and columns but for the diagonal, which changes no eigenvalue.
void SymmetricSampler::choose_basis_signs(RandomStream& random, Matrix& symmetric) const {
  for (std::size_t k = 1; k < symmetric.rows(); ++k) {
    const bool positive = random.unit() < *positive_first_row_;
    if (positive == (symmetric(0, k) >= 0)) continue;
    for (std::size_t other = 0; other < symmetric.rows(); ++other) {
      if (other == k) continue;
      symmetric(k, other) = -symmetric(k, other);
      symmetric(other, k) = -symmetric(other, k);
    }
  }
}

}  // namespace matseq
