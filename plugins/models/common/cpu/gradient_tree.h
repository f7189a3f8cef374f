/// \file
/// The sum of many micro-batches' gradients as one binary tree, whoever computes which of them. No LibTorch.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "aligned_vector.h"
#include "parameters.h"

namespace matseq::cpu {

/// Where a piece of a batch stands in the tree. Micro-batches are cut into pieces, whose gradients are added one after
/// the other; micro-batches are added in pairs, pairs in fours and so on.
struct TreePlace {
  std::size_t micro_batch = 0;  ///< its number in the update
  bool first = true;            ///< of the micro-batch's pieces
  bool last = true;
};

/// Sums of a part of the tree, until the other half of a larger part joins them: one for each level below the root.
/// Micro-batches come in their order; so the levels in use are the ones in the binary number of the next one, and
/// nothing has to be remembered but the sums. The root is the parameters' own gradients.
class GradientTree {
 public:
  /// `floats`: of all dense gradients, one after the other as `Parameter::offset` says.
  explicit GradientTree(std::int64_t floats) : floats_(floats) {}

  /// Before an update of 2^depth micro-batches. `empty_root`: nothing is in the parameters' gradients yet, not even
  /// zeros.
  void begin(std::size_t depth, bool empty_root) {
    depth_ = depth;
    empty_root_ = empty_root;
    while (levels_.size() < depth) levels_.emplace_back(static_cast<std::size_t>(floats_));
  }

  std::size_t depth() const { return depth_; }

  /// The level that a micro-batch completes.
  static std::size_t level_of(std::size_t micro_batch) {
    return static_cast<std::size_t>(std::countr_one(micro_batch));
  }

  /// Adds a piece's gradient of the elements `begin` to `begin + count` of a parameter. All pieces add to an element in
  /// their order.
  void add(const Parameter& parameter, std::int64_t begin, std::int64_t count, const float* values,
           const TreePlace& place);

 private:
  float* at(std::size_t level, const Parameter& parameter) {
    return level == depth_ ? parameter.gradient : levels_[level].data() + parameter.offset;
  }

  std::int64_t floats_;
  std::size_t depth_ = 0;
  bool empty_root_ = false;
  std::vector<AlignedVector<float>> levels_;
};

/// Gradients of some rows of a table, in the order of their numbers, each once.
struct RowGradients {
  std::vector<std::int64_t> rows;
  std::vector<float> values;  ///< (rows, width)
};

/// Sums up the gradients `values`, (count, width), of rows that may come more than once, in their order.
RowGradients sum_rows(const std::vector<std::int64_t>& rows, const float* values, std::int64_t width);

/// The sum of both.
RowGradients add(const RowGradients& first, const RowGradients& second, std::int64_t width);

/// Like GradientTree for a table of which a batch has few rows.
class RowGradientTree {
 public:
  /// `root`, the whole table's gradient, gets the sum of 2^depth micro-batches.
  void add(RowGradients gradients, std::int64_t width, const TreePlace& place, std::size_t depth, float* root);

 private:
  std::vector<RowGradients> levels_;
};

}  // namespace matseq::cpu
