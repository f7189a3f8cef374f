#include "low_rank.h"

#include <cmath>

#include "matseq/eigen.h"

namespace matseq {

void draw_low_rank(const MatrixSampler& sampler, RandomStream& random, const MatrixSampler::Size& size,
                   std::size_t rank, Matrix& matrix) {
  Matrix left(size.n, rank);
  Matrix right(rank, size.p);
  sampler.fill(random, size.range, left.values());
  sampler.fill(random, 1, right.values());
  assign(matrix, std::sqrt(3 / static_cast<double>(rank)) * (view(left) * view(right)));
}

}  // namespace matseq
