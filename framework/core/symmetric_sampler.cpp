#include "matseq/symmetric_sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>

#include "core/scratch.h"
#include "matseq/error.h"

namespace matseq {
namespace {

using Distribution = SymmetricSampler::Distribution;

constexpr std::size_t most_distributions = 5;

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
  if (std::ranges::any_of(distributions_, needs_vectors)) require_signs(parameters);
}

bool SymmetricSampler::draw(RandomStream& random, Matrix& symmetric) const {
  const MatrixSampler::Size size = sampler_.draw_size(random);
  const Distribution distribution = draw_distribution(random);
  symmetric.resize(size.n, size.n);
  if (distribution == Distribution::marcenko) {
    draw_marchenko_pastur(random, size, symmetric);
    return true;
  }
  sampler_.fill(random, size.range, symmetric.values());
  mirror_lower_triangle(symmetric);
  return distribution == Distribution::semicircle || rebuild(random, distribution, size.range, symmetric);
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

}  // namespace matseq
