#include "matseq/matrix_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "matseq/scores.h"

namespace matseq {
namespace {

/// Parameters allow no larger dimension.
constexpr std::size_t largest_solved = 1000;
constexpr std::size_t most_sizes = largest_solved * largest_solved;

bool has_shape(const Matrix& matrix, const auto& shape) {
  return matrix.rows() == shape.rows && matrix.columns() == shape.columns;
}

bool is_finite(const Matrix& matrix) {
  return std::ranges::all_of(matrix.values(), [](double entry) { return std::isfinite(entry); });
}

}  // namespace

bool MatrixTask::draw(RandomStream& random, Example& example) const {
  if (!draw_source(random, example.source) || !solve(example.source, example.target)) return false;
  add_noise(random, example.source);
  return true;
}

Score MatrixTask::score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance) const {
  return difference_score(truth, hypothesis, coeff_tolerance);
}

bool MatrixTask::answer(Example& example) const {
  return is_finite(example.source) && can_solve(example.source) && solve(example.source, example.target);
}

std::vector<std::string> MatrixTask::unfamiliar(const Example& example) const {
  if (!is_finite(example.source)) return {"it has entries that are not finite"};
  return unfamiliar_source(example.source);
}

bool RandomMatrixTask::can_solve(const Matrix& source) const {
  // No dimension of a task is larger than its input.
  const std::size_t most = std::min(std::max(source.rows(), source.columns()), largest_solved);
  for (std::size_t n = 1; n <= most; ++n) {
    const std::size_t first = sampler_.may_be_rectangular() ? 1 : n;
    const std::size_t last = sampler_.may_be_rectangular() ? most : n;
    for (std::size_t p = first; p <= last; ++p) {
      if (has_shape(source, input_shape(n, p))) return true;
    }
  }
  return false;
}

std::vector<std::string> RandomMatrixTask::unfamiliar_source(const Matrix& source) const {
  std::vector<std::string> differences;
  const auto is_drawn = [&](const MatrixSampler::Size& size) { return has_shape(source, input_shape(size.n, size.p)); };
  if (std::ranges::none_of(sampler_.sizes(most_sizes), is_drawn)) {
    differences.push_back(
        fmt::format("it is {} x {}; what is drawn is {}", source.rows(), source.columns(), drawn_shapes()));
  }
  for (std::string& difference : sampler_.unfamiliar(source.values())) differences.push_back(std::move(difference));
  return differences;
}

std::string RandomMatrixTask::drawn_shapes() const {
  const std::vector<MatrixSampler::Size> sizes = sampler_.sizes(most_sizes);
  const auto text = [&](const MatrixSampler::Size& size) {
    const auto [rows, columns] = input_shape(size.n, size.p);
    return fmt::format("{} x {}", rows, columns);
  };
  constexpr std::size_t most_listed = 4;
  if (sizes.size() > most_listed) return fmt::format("from {} to {}", text(sizes.front()), text(sizes.back()));
  std::string list;
  for (const MatrixSampler::Size& size : sizes) list += (list.empty() ? "" : ", ") + text(size);
  return list;
}

bool RandomMatrixTask::draw_source(RandomStream& random, Matrix& source) const {
  const auto [n, p, range] = sampler_.draw_size(random);
  const auto [rows, columns] = input_shape(n, p);
  source.resize(rows, columns);
  sampler_.fill(random, range, source.values());
  return true;
}

}  // namespace matseq
