/// \file
/// Adam's update of a stretch of memory in one pass. No LibTorch.
#pragma once

#include <cstddef>

namespace matseq {

/// The numbers of one update, the same for all elements of parameters that have taken equally many steps.
struct AdamCoefficients {
  double beta1;
  double beta2;
  double decay;      ///< the share of the parameter that decoupled weight decay takes away
  double step_size;  ///< learning rate, with both bias corrections
  double epsilon;    ///< added to sqrt(v)
};

/// For each element: m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
/// p -= decay p; p -= step_size m / (sqrt(v) + epsilon).
/// Computes in the type of the elements. Every element's result depends on its own numbers only, to the bit.
template <typename Real>
void adam_kernel(const AdamCoefficients& coefficients, std::size_t size, Real* parameter, const Real* gradient,
                 Real* mean, Real* mean_square);

extern template void adam_kernel(const AdamCoefficients&, std::size_t, float*, const float*, float*, float*);
extern template void adam_kernel(const AdamCoefficients&, std::size_t, double*, const double*, double*, double*);

}  // namespace matseq
