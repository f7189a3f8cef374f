#include "matseq/decompositions.h"

#include <fmt/format.h>

#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <string>

#include "core/lapack.h"
#include "core/scratch.h"
#include "matseq/eigen.h"
#include "matseq/error.h"
#include "matseq/fixed_size.h"

namespace matseq {
namespace {

constexpr double inversion_tolerance = 1e-10;
constexpr const char* no_lapack =
    "signs = \"solver\" needs LAPACK, which was not found when matseq was built or is gone; install LAPACK (OpenBLAS "
    "brings it along) and build again, or choose signs = \"canonical\"";

/// Matrices up to this size need no heap for their singular values.
constexpr int small = 10;

template <int size>
using Square = Eigen::Matrix<double, size, size, Eigen::RowMajor>;
template <int size>
using ConstSquareMap = Eigen::Map<const Square<size>>;
template <int size>
using SquareMap = Eigen::Map<Square<size>>;
using MatrixMap = Eigen::Map<RowMajorMatrix>;
using ConstMatrixMap = Eigen::Map<const RowMajorMatrix>;
using ColumnMajorMap = Eigen::Map<Eigen::MatrixXd>;
/// Any shape up to small x small, on the stack.
using SmallMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor, small, small>;

Eigen::Index index(std::size_t size) { return static_cast<Eigen::Index>(size); }

const Lapack& require_lapack() {
  const Lapack* lapack = Lapack::find();
  if (lapack == nullptr) throw Error(no_lapack);
  return *lapack;
}

/// Whether the component of largest absolute value, the first of equal ones, is negative.
template <typename Vector>
bool canonically_negative(const Vector& vector) {
  Eigen::Index largest = 0;
  for (Eigen::Index i = 1; i < vector.size(); ++i) {
    if (std::abs(vector(i)) > std::abs(vector(largest))) largest = i;
  }
  return vector(largest) < 0;
}

bool canonical_eigenvectors(std::size_t n, std::span<const double> symmetric, std::span<double> values,
                            std::span<double> vectors) {
  return with_fixed_size(n, [&](auto size) {
    const ConstSquareMap<size> matrix(symmetric.data(), index(n), index(n));
    const Eigen::SelfAdjointEigenSolver<Square<size>> solver(matrix);
    if (solver.info() != Eigen::Success) return false;
    std::copy_n(solver.eigenvalues().data(), n, values.data());
    SquareMap<size> columns(vectors.data(), index(n), index(n));
    columns = solver.eigenvectors();
    for (Eigen::Index k = 0; k < columns.cols(); ++k) {
      if (canonically_negative(columns.col(k))) columns.col(k) *= -1;
    }
    return true;
  });
}

bool solver_eigenvectors(std::size_t n, std::span<const double> symmetric, std::span<double> values,
                         std::span<double> vectors) {
  const Lapack& lapack = require_lapack();
  Scratch<double, 256> scratch(n * n);
  ColumnMajorMap column_major(scratch.data(), index(n), index(n));
  column_major = ConstMatrixMap(symmetric.data(), index(n), index(n));
  if (!lapack.symmetric_eigenvectors(static_cast<LapackInteger>(n), scratch.data(), values.data())) return false;
  MatrixMap(vectors.data(), index(n), index(n)) = column_major;
  return true;
}

template <typename MatrixType>
bool canonical_singular_vectors(const MatrixType& matrix, double* values, MatrixMap left, MatrixMap right) {
  const Eigen::JacobiSVD<MatrixType> decomposition(matrix, Eigen::ComputeThinU | Eigen::ComputeThinV);
  if (decomposition.info() != Eigen::Success) return false;
  std::copy_n(decomposition.singularValues().data(), decomposition.singularValues().size(), values);
  left = decomposition.matrixU();
  right = decomposition.matrixV();
  for (Eigen::Index k = 0; k < left.cols(); ++k) {
    if (!canonically_negative(left.col(k))) continue;
    left.col(k) *= -1;
    right.col(k) *= -1;
  }
  return true;
}

bool solver_singular_vectors(std::size_t n, std::size_t p, std::span<const double> matrix, std::span<double> values,
                             MatrixMap left, MatrixMap right) {
  const Lapack& lapack = require_lapack();
  const std::size_t k = std::min(n, p);
  Scratch<double, 256> matrix_scratch(n * p);
  Scratch<double, 256> left_scratch(n * k);
  Scratch<double, 256> right_scratch(k * p);
  ColumnMajorMap(matrix_scratch.data(), index(n), index(p)) = ConstMatrixMap(matrix.data(), index(n), index(p));
  if (!lapack.singular_vectors(static_cast<LapackInteger>(n), static_cast<LapackInteger>(p), matrix_scratch.data(),
                               values.data(), left_scratch.data(), right_scratch.data())) {
    return false;
  }
  left = ColumnMajorMap(left_scratch.data(), index(n), index(k));
  right = ColumnMajorMap(right_scratch.data(), index(k), index(p)).transpose();
  return true;
}

/// Calls `function` with the matrix as one on the stack where it is small.
template <typename Function>
bool with_storage(std::size_t n, std::size_t p, std::span<const double> matrix, Function&& function) {
  const ConstMatrixMap map(matrix.data(), index(n), index(p));
  if (n <= small && p <= small) return function(SmallMatrix(map));
  return function(Eigen::MatrixXd(map));
}

template <int size>
bool invert_sized(std::size_t n, std::span<const double> matrix, std::span<double> inverse) {
  const ConstSquareMap<size> source(matrix.data(), index(n), index(n));
  SquareMap<size> result(inverse.data(), index(n), index(n));
  const Eigen::PartialPivLU<Square<size>> factors(source);
  result = factors.solve(Square<size>::Identity(index(n), index(n)));
  Square<size> product(index(n), index(n));
  product.noalias() = source.lazyProduct(result);
  product.diagonal().array() -= 1.0;
  // Written so that what is not a number fails too.
  for (Eigen::Index i = 0; i < product.size(); ++i) {
    if (!(std::abs(product.data()[i]) <= inversion_tolerance)) return false;
  }
  return true;
}

}  // namespace

bool solver_signs_available() { return Lapack::find() != nullptr; }

Parameter signs_parameter() {
  return Parameter::text("signs", solver_signs_available() ? "solver" : "canonical",
                         "signs of vectors: as LAPACK returns them (solver), or largest component positive (canonical)")
      .one_of({"solver", "canonical"});
}

Signs signs_of(const Parameters& parameters) {
  return parameters.text("signs") == "canonical" ? Signs::canonical : Signs::solver;
}

void require_signs(const Parameters& parameters) {
  if (signs_of(parameters) == Signs::canonical || solver_signs_available()) return;
  const auto entry = parameters.table().entries.find("signs");
  throw Error(entry == parameters.table().entries.end() ? std::string(no_lapack)
                                                        : fmt::format("{}: {}", entry->second.where, no_lapack));
}

bool symmetric_eigenvalues(std::size_t n, std::span<const double> symmetric, std::span<double> values) {
  return with_fixed_size(n, [&](auto size) {
    const ConstSquareMap<size> matrix(symmetric.data(), index(n), index(n));
    const Eigen::SelfAdjointEigenSolver<Square<size>> solver(matrix, Eigen::EigenvaluesOnly);
    if (solver.info() != Eigen::Success) return false;
    std::copy_n(solver.eigenvalues().data(), n, values.data());
    return true;
  });
}

bool symmetric_eigenvectors(Signs signs, std::size_t n, std::span<const double> symmetric, std::span<double> values,
                            std::span<double> vectors) {
  return signs == Signs::canonical ? canonical_eigenvectors(n, symmetric, values, vectors)
                                   : solver_eigenvectors(n, symmetric, values, vectors);
}

bool singular_values(std::size_t n, std::size_t p, std::span<const double> matrix, std::span<double> values) {
  return with_storage(n, p, matrix, [&](const auto& stored) {
    const Eigen::JacobiSVD<std::decay_t<decltype(stored)>> decomposition(stored);
    if (decomposition.info() != Eigen::Success) return false;
    std::copy_n(decomposition.singularValues().data(), values.size(), values.data());
    return true;
  });
}

bool singular_vectors(Signs signs, std::size_t n, std::size_t p, std::span<const double> matrix,
                      std::span<double> values, std::span<double> left, std::span<double> right) {
  const std::size_t k = std::min(n, p);
  const MatrixMap left_map(left.data(), index(n), index(k));
  const MatrixMap right_map(right.data(), index(p), index(k));
  if (signs == Signs::solver) return solver_singular_vectors(n, p, matrix, values, left_map, right_map);
  return with_storage(n, p, matrix, [&](const auto& stored) {
    return canonical_singular_vectors(stored, values.data(), left_map, right_map);
  });
}

bool invert(std::size_t n, std::span<const double> matrix, std::span<double> inverse) {
  return with_fixed_size(n, [&](auto size) { return invert_sized<size>(n, matrix, inverse); });
}

}  // namespace matseq
