#include "gradient_tree.h"

#include <Eigen/Core>
#include <algorithm>
#include <numeric>
#include <utility>

namespace matseq::cpu {

namespace {

using Row = Eigen::Map<Eigen::ArrayXf>;
using ConstRow = Eigen::Map<const Eigen::ArrayXf>;

void accumulate(std::int64_t count, const float* values, float* sum) { Row(sum, count) += ConstRow(values, count); }

}  // namespace

void GradientTree::add(const Parameter& parameter, std::int64_t begin, std::int64_t count, const float* values,
                       const TreePlace& place) {
  const std::size_t level = level_of(place.micro_batch);
  float* sum = at(level, parameter) + begin;
  if (place.first && (level < depth_ || empty_root_)) {
    std::copy(values, values + count, sum);
  } else {
    accumulate(count, values, sum);
  }
  if (!place.last) return;
  for (std::size_t below = 0; below < level; ++below) accumulate(count, at(below, parameter) + begin, sum);
}

RowGradients sum_rows(const std::vector<std::int64_t>& rows, const float* values, std::int64_t width) {
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rows[a] < rows[b]; });
  RowGradients sums;
  for (const std::size_t i : order) {
    const float* from = values + static_cast<std::int64_t>(i) * width;
    if (sums.rows.empty() || sums.rows.back() != rows[i]) {
      sums.rows.push_back(rows[i]);
      sums.values.insert(sums.values.end(), from, from + width);
    } else {
      accumulate(width, from, sums.values.data() + (sums.values.size() - static_cast<std::size_t>(width)));
    }
  }
  return sums;
}

RowGradients add(const RowGradients& first, const RowGradients& second, std::int64_t width) {
  RowGradients sum;
  sum.rows.reserve(first.rows.size() + second.rows.size());
  std::set_union(first.rows.begin(), first.rows.end(), second.rows.begin(), second.rows.end(),
                 std::back_inserter(sum.rows));
  sum.values.resize(sum.rows.size() * static_cast<std::size_t>(width));
  std::size_t i = 0, j = 0;
  float* to = sum.values.data();
  for (const std::int64_t row : sum.rows) {
    const bool in_first = i < first.rows.size() && first.rows[i] == row;
    const bool in_second = j < second.rows.size() && second.rows[j] == row;
    const float* values = in_first ? first.values.data() + static_cast<std::int64_t>(i++) * width : nullptr;
    if (values != nullptr) std::copy(values, values + width, to);
    if (in_second) {
      values = second.values.data() + static_cast<std::int64_t>(j++) * width;
      in_first ? accumulate(width, values, to) : static_cast<void>(std::copy(values, values + width, to));
    }
    to += width;
  }
  return sum;
}

void RowGradientTree::add(RowGradients gradients, std::int64_t width, const TreePlace& place, std::size_t depth,
                          float* root) {
  const std::size_t level = GradientTree::level_of(place.micro_batch);
  while (levels_.size() <= level) levels_.emplace_back();
  RowGradients& sum = levels_[level];
  sum = place.first ? std::move(gradients) : cpu::add(sum, gradients, width);
  if (!place.last) return;
  for (std::size_t below = 0; below < level; ++below) sum = cpu::add(levels_[below], sum, width);
  if (level < depth) return;
  for (std::size_t i = 0; i < sum.rows.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    accumulate(width, sum.values.data() + at * width, root + sum.rows[i] * width);
  }
}

}  // namespace matseq::cpu
