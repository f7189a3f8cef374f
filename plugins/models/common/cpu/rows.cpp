#include "rows.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

namespace matseq::cpu {

namespace {

constexpr float epsilon = 1e-12F;

using Row = Eigen::Map<Eigen::ArrayXf>;
using ConstRow = Eigen::Map<const Eigen::ArrayXf>;

}  // namespace

void fill_rows(const Size& size, const float* bias, float* x) {
  for (std::int64_t i = 0; i < size.rows; ++i) std::copy(bias, bias + size.width, x + i * size.width);
}

void add_bias_relu(const Size& size, const float* bias, float* x) {
  const ConstRow shift(bias, size.width);
  for (std::int64_t i = 0; i < size.rows; ++i) {
    Row row(x + i * size.width, size.width);
    row = (row + shift).max(0.0F);
  }
}

void relu_backward(const Size& size, const float* x, float* gradient) {
  for (std::int64_t i = 0; i < size.rows; ++i) {
    Row row(gradient + i * size.width, size.width);
    row = (ConstRow(x + i * size.width, size.width) > 0.0F).select(row, 0.0F);
  }
}

void add_rows(const Size& size, const float* x, float* sum) {
  Row total(sum, size.width);
  for (std::int64_t i = 0; i < size.rows; ++i) total += ConstRow(x + i * size.width, size.width);
}

void add_norm(const Size& size, const float* x, float* branch, const float* bias, const Norm& norm, float* scales,
              float* y) {
  const ConstRow weight(norm.weight.value, size.width), shift(norm.bias.value, size.width);
  for (std::int64_t i = 0; i < size.rows; ++i) {
    Row row(branch + i * size.width, size.width);
    if (x != nullptr) row += ConstRow(x + i * size.width, size.width) + ConstRow(bias, size.width);
    row -= row.mean();
    scales[i] = 1 / std::sqrt(row.square().mean() + epsilon);
    row *= scales[i];
    Row(y + i * size.width, size.width) = row * weight + shift;
  }
}

void norm_backward(const Size& size, const float* normalised, const float* scales, const float* weight, float* gradient,
                   float* of_weight, float* of_bias) {
  const ConstRow factors(weight, size.width);
  Row weight_sum(of_weight, size.width), bias_sum(of_bias, size.width);
  for (std::int64_t i = 0; i < size.rows; ++i) {
    const ConstRow normal(normalised + i * size.width, size.width);
    Row row(gradient + i * size.width, size.width);
    weight_sum += row * normal;
    bias_sum += row;
    row *= factors;
    const float mean = row.mean(), along = (row * normal).mean();
    row = (row - mean - normal * along) * scales[i];
  }
}

// By blocks as wide as a line of the cache, so that every line is written whole.
void transpose(const Size& size, const float* from, std::int64_t from_row, float* to, std::int64_t to_row) {
  constexpr std::int64_t block = 16;
  for (std::int64_t first = 0; first < size.rows; first += block) {
    const std::int64_t end = std::min(first + block, size.rows);
    for (std::int64_t j = 0; j < size.width; ++j) {
      for (std::int64_t i = first; i < end; ++i) to[j * to_row + i] = from[i * from_row + j];
    }
  }
}

std::int64_t first_of_largest(const float* values, std::int64_t count) {
  const float largest = ConstRow(values, count).maxCoeff<Eigen::PropagateNaN>();
  if (std::isnan(largest)) return std::find_if(values, values + count, [](float x) { return std::isnan(x); }) - values;
  // Vectors of the processor find the piece that it is in sooner than comparisons one by one.
  constexpr std::int64_t piece = 128;
  std::int64_t first = 0;
  while (first + piece < count && ConstRow(values + first, piece).maxCoeff() != largest) first += piece;
  return std::find(values + first, values + count, largest) - values;
}

}  // namespace matseq::cpu
