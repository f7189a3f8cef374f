/// \file
/// Eigen views of matseq matrices, for plugins that compute with Eigen.
#pragma once

#include <Eigen/Core>

#include "matseq/matrix.h"

namespace matseq {

using RowMajorMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The matrix's own memory seen as an Eigen matrix, (rows, columns); valid until it is resized.
inline Eigen::Map<RowMajorMatrix> view(Matrix& matrix) {
  return {matrix.data(), static_cast<Eigen::Index>(matrix.rows()), static_cast<Eigen::Index>(matrix.columns())};
}
inline Eigen::Map<const RowMajorMatrix> view(const Matrix& matrix) {
  return {matrix.data(), static_cast<Eigen::Index>(matrix.rows()), static_cast<Eigen::Index>(matrix.columns())};
}

/// Resizes `to` and copies any Eigen expression of (rows, columns) doubles into it.
template <typename Expression>
void assign(Matrix& to, const Eigen::MatrixBase<Expression>& from) {
  to.resize(static_cast<std::size_t>(from.rows()), static_cast<std::size_t>(from.cols()));
  view(to) = from;
}

}  // namespace matseq
