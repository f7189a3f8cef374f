/// \file
/// The attention of one head over one sequence on the CPU. No LibTorch.
#pragma once

#include <cstdint>

namespace matseq::cpu {

/// Small products, for matrices that fit into the cache: c = a b, where element (i, k) of `a` stands at
/// a[i a_row + k a_column], so that a may be transposed; rows of `b` and `c` are `b_row` and `c_row` apart.
struct SmallProduct {
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t inner;
  std::int64_t a_row;
  std::int64_t a_column;
  std::int64_t b_row;
  std::int64_t c_row;
};
void multiply_small(const SmallProduct& shape, const float* a, const float* b, float* c);

/// Floats that the processor works on at once.
#if defined(__AVX512F__)
constexpr std::int64_t lanes = 16;
#else
constexpr std::int64_t lanes = 8;
#endif

/// `columns` rounded up to what rows of weights and of transposed keys are long.
constexpr std::int64_t padded(std::int64_t columns) { return (columns + lanes - 1) / lanes * lanes; }

/// Rows 0, 1, ... of one head: the first element of each, and how far apart rows are.
struct HeadRows {
  const float* first;
  std::int64_t row;
};
struct MutableHeadRows {
  float* first;
  std::int64_t row;
};

/// to(j, i) = from(i, j): of (rows, columns), to rows with zeros from `rows` to padded(rows).
void transpose(std::int64_t rows, std::int64_t columns, const HeadRows& from, const MutableHeadRows& to);

struct HeadShape {
  std::int64_t queries;
  std::int64_t keys;
  std::int64_t width;
  bool causal;  ///< query i sees keys 0 to i
};

/// Which keys each query may look at besides, at least one: a row for each, or one for all where rows are 0 apart.
struct HeadMask {
  const bool* first = nullptr;  ///< null: all
  std::int64_t row = 0;
};

/// weights = softmax(queries keys^T / sqrt(width)), result = weights values (Vaswani et al., 2017). `transposed_keys`
/// has a row a channel with a key in each column, finite up to padded(keys), as `transpose` writes them; `weights` has
/// rows of padded(keys), with zeros where nothing is seen.
void attend(const HeadShape& shape, const HeadRows& queries, const HeadRows& transposed_keys, const HeadRows& values,
            float* weights, const MutableHeadRows& result, const HeadMask& mask = {});

/// The gradients of `attend` from that of its result. `scratch` has room for (queries + width) padded(keys) floats.
struct HeadGradients {
  MutableHeadRows queries;
  MutableHeadRows keys;
  MutableHeadRows values;
};
void attend_backward(const HeadShape& shape, const HeadRows& queries, const HeadRows& keys, const HeadRows& values,
                     const float* weights, const HeadRows& of_result, const HeadGradients& gradients, float* scratch);

}  // namespace matseq::cpu
