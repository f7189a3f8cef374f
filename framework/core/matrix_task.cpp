#include "matseq/matrix_task.h"

#include "matseq/scores.h"

namespace matseq {

bool MatrixTask::draw(RandomStream& random, Example& example) const {
  if (!draw_source(random, example.source) || !solve(example.source, example.target)) return false;
  add_noise(random, example.source);
  return true;
}

Score MatrixTask::score(const Example& truth, const Matrix& hypothesis, double coeff_tolerance) const {
  return difference_score(truth, hypothesis, coeff_tolerance);
}

bool RandomMatrixTask::draw_source(RandomStream& random, Matrix& source) const {
  const auto [n, p, range] = sampler_.draw_size(random);
  const auto [rows, columns] = input_shape(n, p);
  source.resize(rows, columns);
  sampler_.fill(random, range, source.values());
  return true;
}

}  // namespace matseq
