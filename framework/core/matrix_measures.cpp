#include "matseq/matrix_measures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "matseq/decompositions.h"
#include "matseq/eigen.h"

namespace matseq {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Sums and products of large entries may overflow on the way and leave no number.
double finished(double measure) { return std::isnan(measure) ? infinity : measure; }

}  // namespace

double relative_l1_distance(std::span<const double> predicted, std::span<const double> truth) {
  double distance = 0;
  double size = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    distance += std::abs(predicted[i] - truth[i]);
    size += std::abs(truth[i]);
  }
  if (size == 0) return distance == 0 ? 0 : infinity;
  return finished(distance / size);
}

double norm_deviation(const Matrix& matrix) {
  const auto entries = view(matrix);
  double largest = 0;
  for (Eigen::Index row = 0; row < entries.rows(); ++row) {
    largest = std::max(largest, std::abs(entries.row(row).stableNorm() - 1));
  }
  for (Eigen::Index column = 0; column < entries.cols(); ++column) {
    largest = std::max(largest, std::abs(entries.col(column).stableNorm() - 1));
  }
  return finished(largest);
}

double neighbour_cosine(const Matrix& matrix) {
  if (matrix.rows() < 2) return 0;
  RowMajorMatrix directions = view(matrix);
  for (Eigen::Index row = 0; row < directions.rows(); ++row) {
    const double largest = directions.row(row).cwiseAbs().maxCoeff();
    if (largest == 0) return 1;
    directions.row(row) /= largest;  // so that the squares of a norm neither overflow nor vanish
    directions.row(row).normalize();
  }
  double cosine = 0;
  for (Eigen::Index row = 0; row < directions.rows(); ++row) {
    cosine = std::max(cosine, std::abs(directions.row(row).dot(directions.row((row + 1) % directions.rows()))));
  }
  return std::min(cosine, 1.0);  // rounding may have gone beyond
}

double inversion_residual(const Matrix& matrix, const Matrix& inverse) {
  RowMajorMatrix product = view(matrix) * view(inverse);
  product.diagonal().array() -= 1;
  return finished(product.cwiseAbs().sum() / static_cast<double>(product.rows()));
}

double condition_number(const Matrix& matrix) {
  std::vector<double> values(std::min(matrix.rows(), matrix.columns()));
  if (!singular_values(matrix.rows(), matrix.columns(), matrix.values(), values)) return infinity;
  return finished(values.front() / values.back());
}

}  // namespace matseq
