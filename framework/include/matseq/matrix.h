/// \file
/// The matrix that tasks, encoders and scores exchange.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace matseq {

/// A dense matrix of doubles in row-major order.
///
/// Deliberately not an Eigen type: Eigen's memory alignment depends on compiler flags, so Eigen objects
/// must not cross the border between a plugin and the framework. `matseq/eigen.h` gives Eigen views of it.
/// Resizing keeps the capacity, so that a matrix reused from example to example does not allocate.
class Matrix {
 public:
  Matrix() = default;
  /// A matrix of zeros.
  Matrix(std::size_t rows, std::size_t columns) : rows_(rows), columns_(columns), values_(rows * columns) {}

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  std::size_t size() const { return values_.size(); }

  double& operator()(std::size_t row, std::size_t column) { return values_[row * columns_ + column]; }
  double operator()(std::size_t row, std::size_t column) const { return values_[row * columns_ + column]; }

  /// All entries, row after row.
  std::span<double> values() { return values_; }
  std::span<const double> values() const { return values_; }
  double* data() { return values_.data(); }
  const double* data() const { return values_.data(); }

  /// Changes the shape; the entries are unspecified afterwards.
  void resize(std::size_t rows, std::size_t columns) {
    rows_ = rows;
    columns_ = columns;
    values_.resize(rows * columns);
  }

  bool operator==(const Matrix&) const = default;

 private:
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::vector<double> values_;
};

}  // namespace matseq
