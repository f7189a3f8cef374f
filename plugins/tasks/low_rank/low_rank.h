/// \file
/// Matrices of a chosen rank.
#pragma once

#include <cstddef>

#include "matseq/matrix.h"
#include "matseq/matrix_sampler.h"
#include "matseq/random_stream.h"

namespace matseq {

/// Makes `matrix` n x p of this rank (with probability 1; at most n and p): sqrt(3 / rank) X Y with X (n x rank) drawn
/// as `sampler` says and Y (rank x p) likewise with range 1. Its coefficients have the mean and variance that the
/// sampler's own have.
void draw_low_rank(const MatrixSampler& sampler, RandomStream& random, const MatrixSampler::Size& size,
                   std::size_t rank, Matrix& matrix);

}  // namespace matseq
