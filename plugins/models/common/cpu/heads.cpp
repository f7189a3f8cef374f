// Compiled with contraction of products and sums (CMakeLists.txt): half of what the processor can do otherwise.
#include "heads.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "rows.h"

namespace matseq::cpu {

namespace {

using Lanes [[gnu::vector_size(lanes * sizeof(float))]] = float;

Lanes load(const float* from) {
  Lanes result;
  std::memcpy(&result, from, sizeof result);
  return result;
}

void store(const Lanes& value, float* to) { std::memcpy(to, &value, sizeof value); }

// Rows x (lanes Vectors) of the result, which stay in registers meanwhile.
template <int Rows, int Vectors>
void multiply_tile(const SmallProduct& shape, const float* a, const float* b, float* c) {
  Lanes sum[Rows][Vectors] = {};
  for (std::int64_t k = 0; k < shape.inner; ++k) {
    Lanes right[Vectors];
    for (int v = 0; v < Vectors; ++v) right[v] = load(b + k * shape.b_row + v * lanes);
    for (int i = 0; i < Rows; ++i) {
      const float left = a[i * shape.a_row + k * shape.a_column];
      for (int v = 0; v < Vectors; ++v) sum[i][v] += left * right[v];
    }
  }
  for (int i = 0; i < Rows; ++i) {
    for (int v = 0; v < Vectors; ++v) store(sum[i][v], c + i * shape.c_row + v * lanes);
  }
}

template <int Vectors>
void multiply_columns(const SmallProduct& shape, const float* a, const float* b, float* c) {
  // As many sums as keep the processor's multipliers busy and fit into its registers.
  constexpr int tile_rows = lanes == 16 ? 8 : 4;
  std::int64_t i = 0;
  for (; i + tile_rows <= shape.rows; i += tile_rows) {
    multiply_tile<tile_rows, Vectors>(shape, a + i * shape.a_row, b, c + i * shape.c_row);
  }
  for (; i < shape.rows; ++i) multiply_tile<1, Vectors>(shape, a + i * shape.a_row, b, c + i * shape.c_row);
}

using Row = Eigen::Map<Eigen::ArrayXf>;
using ConstRow = Eigen::Map<const Eigen::ArrayXf>;

float scale_of(const HeadShape& shape) { return static_cast<float>(1.0 / std::sqrt(static_cast<double>(shape.width))); }

std::int64_t seen_by(const HeadShape& shape, std::int64_t query) {
  return shape.causal ? std::min(query + 1, shape.keys) : shape.keys;
}

}  // namespace

void multiply_small(const SmallProduct& shape, const float* a, const float* b, float* c) {
  std::int64_t j = 0;
  for (; j + 2 * lanes <= shape.columns; j += 2 * lanes) multiply_columns<2>(shape, a, b + j, c + j);
  for (; j + lanes <= shape.columns; j += lanes) multiply_columns<1>(shape, a, b + j, c + j);
  for (; j < shape.columns; ++j) {
    for (std::int64_t i = 0; i < shape.rows; ++i) {
      float sum = 0;
      for (std::int64_t k = 0; k < shape.inner; ++k) {
        sum += a[i * shape.a_row + k * shape.a_column] * b[k * shape.b_row + j];
      }
      c[i * shape.c_row + j] = sum;
    }
  }
}

void transpose(std::int64_t rows, std::int64_t columns, const HeadRows& from, const MutableHeadRows& to) {
  transpose({rows, columns}, from.first, from.row, to.first, to.row);
  for (std::int64_t j = 0; j < columns; ++j) {
    std::fill(to.first + j * to.row + rows, to.first + j * to.row + padded(rows), 0.0F);
  }
}

namespace {

Lanes if_seen(const Lanes& value, std::int64_t first, std::int64_t seen, float otherwise) {
  using Numbers [[gnu::vector_size(lanes * sizeof(std::int32_t))]] = std::int32_t;
  Numbers number;
  for (int lane = 0; lane < lanes; ++lane) number[lane] = lane;
  return number < static_cast<std::int32_t>(seen - first) ? value : Lanes{} + otherwise;
}

// What is not visible gets no weight.
void hide(const bool* visible, std::int64_t length, float* row) {
  for (std::int64_t j = 0; j < length; ++j) row[j] = visible[j] ? row[j] : -std::numeric_limits<float>::infinity();
}

// softmax(scale row) of the first `seen` of a row, and zeros from there to `length`, which is a multiple of the lanes.
void softmax(float* row, std::int64_t seen, std::int64_t length, float scale) {
  using Pack = Eigen::Array<float, lanes, 1>;
  Pack most = Pack::Constant(-std::numeric_limits<float>::infinity());
  for (std::int64_t j = 0; j < length; j += lanes) {
    Pack pack;
    store(if_seen(load(row + j), j, seen, -std::numeric_limits<float>::infinity()), pack.data());
    most = most.max(pack);
  }
  const float largest = most.maxCoeff();
  Pack sum = Pack::Zero();
  for (std::int64_t j = 0; j < length; j += lanes) {
    Pack pack = ((Eigen::Map<const Pack>(row + j) - largest) * scale).exp();
    store(if_seen(load(pack.data()), j, seen, 0), pack.data());
    sum += pack;
    Eigen::Map<Pack>(row + j) = pack;
  }
  const float factor = 1 / sum.sum();
  for (std::int64_t j = 0; j < length; j += lanes) Eigen::Map<Pack>(row + j) *= factor;
}

// result = rows keys^T, a row for each query and a column for each key.
void multiply_by_key(const HeadShape& shape, const HeadRows& rows, const HeadRows& transposed_keys, float* result) {
  const std::int64_t result_row = padded(shape.keys);
  multiply_small({.rows = shape.queries,
                  .columns = result_row,
                  .inner = shape.width,
                  .a_row = rows.row,
                  .a_column = 1,
                  .b_row = transposed_keys.row,
                  .c_row = result_row},
                 rows.first, transposed_keys.first, result);
}

// result = weights values, a row for each query and a column for each channel.
void multiply_by_channel(const HeadShape& shape, const float* weights, const HeadRows& values,
                         const MutableHeadRows& result) {
  multiply_small({.rows = shape.queries,
                  .columns = shape.width,
                  .inner = shape.keys,
                  .a_row = padded(shape.keys),
                  .a_column = 1,
                  .b_row = values.row,
                  .c_row = result.row},
                 weights, values.first, result.first);
}

}  // namespace

void attend(const HeadShape& shape, const HeadRows& queries, const HeadRows& transposed_keys, const HeadRows& values,
            float* weights, const MutableHeadRows& result, const HeadMask& mask) {
  const std::int64_t weights_row = padded(shape.keys);
  multiply_by_key(shape, queries, transposed_keys, weights);
  const float scale = scale_of(shape);
  for (std::int64_t i = 0; i < shape.queries; ++i) {
    float* row = weights + i * weights_row;
    if (mask.first != nullptr) hide(mask.first + i * mask.row, shape.keys, row);
    softmax(row, seen_by(shape, i), weights_row, scale);
  }
  multiply_by_channel(shape, weights, values, result);
}

// With weights W = softmax(S), output O = W V and row sums r of W * dO V^T:
// dV = W^T dO; dS = W * (dO V^T - r); dQ = dS K; dK = dS^T Q; products * by elements.
void attend_backward(const HeadShape& shape, const HeadRows& queries, const HeadRows& keys, const HeadRows& values,
                     const float* weights, const HeadRows& of_result, const HeadGradients& gradients, float* scratch) {
  const std::int64_t weights_row = padded(shape.keys);
  float* of_scores = scratch;
  float* transposed_values = scratch + shape.queries * weights_row;
  SmallProduct of_keys = {.rows = shape.keys,
                          .columns = shape.width,
                          .inner = shape.queries,
                          .a_row = 1,
                          .a_column = weights_row,
                          .b_row = of_result.row,
                          .c_row = gradients.values.row};
  multiply_small(of_keys, weights, of_result.first, gradients.values.first);
  transpose(shape.keys, shape.width, values, {transposed_values, weights_row});
  multiply_by_key(shape, of_result, {transposed_values, weights_row}, of_scores);
  const float scale = scale_of(shape);
  for (std::int64_t i = 0; i < shape.queries; ++i) {
    Row of_row(of_scores + i * weights_row, weights_row);
    const ConstRow weight(weights + i * weights_row, weights_row);
    const float sum = (of_row * weight).sum();
    of_row = (of_row - sum) * weight * scale;
  }
  multiply_by_channel(shape, of_scores, keys, gradients.queries);
  of_keys.b_row = queries.row;
  of_keys.c_row = gradients.keys.row;
  multiply_small(of_keys, of_scores, queries.first, gradients.keys.first);
}

}  // namespace matseq::cpu
