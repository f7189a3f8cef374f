// A file of its own, compiled without errno from sqrt: only then does the compiler vectorise the loop.
#include "adam_kernel.h"

#include <cmath>

namespace matseq {

template <typename Real>
void adam_kernel(const AdamCoefficients& coefficients, std::size_t size, Real* __restrict parameter,
                 const Real* __restrict gradient, Real* __restrict mean, Real* __restrict mean_square) {
  const auto beta1 = static_cast<Real>(coefficients.beta1);
  const auto beta2 = static_cast<Real>(coefficients.beta2);
  const auto rest1 = static_cast<Real>(1 - coefficients.beta1);
  const auto rest2 = static_cast<Real>(1 - coefficients.beta2);
  const auto decay = static_cast<Real>(coefficients.decay);
  const auto step_size = static_cast<Real>(coefficients.step_size);
  const auto epsilon = static_cast<Real>(coefficients.epsilon);
  for (std::size_t i = 0; i < size; ++i) {
    const Real g = gradient[i];
    const Real m = beta1 * mean[i] + rest1 * g;
    const Real v = beta2 * mean_square[i] + rest2 * g * g;
    mean[i] = m;
    mean_square[i] = v;
    const Real decayed = parameter[i] - decay * parameter[i];
    parameter[i] = decayed - step_size * (m / (std::sqrt(v) + epsilon));
  }
}

template void adam_kernel(const AdamCoefficients&, std::size_t, float*, const float*, float*, float*);
template void adam_kernel(const AdamCoefficients&, std::size_t, double*, const double*, double*, double*);

}  // namespace matseq
