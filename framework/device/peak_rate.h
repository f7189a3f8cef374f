/// \file
/// How fast a device can multiply matrices, to tell how much of that a training uses.
#pragma once

#include <string>

#include "matseq/torch.h"

namespace matseq {

/// The rate of dense matrix products that the maker of an NVIDIA device states, in floating-point operations a second;
/// 0 for devices and precisions that are not in the table. `name` as the driver tells it ("NVIDIA H100 80GB HBM3").
double stated_product_rate(const std::string& name, torch::ScalarType precision);

struct ProductRate {
  double operations_a_second;
  bool measured;  ///< else stated by the device's maker
};

/// Stated where known, else measured in a fraction of a second on as many threads as LibTorch is set to use. Draws no
/// random numbers.
ProductRate matrix_product_rate(torch::Device device, torch::ScalarType precision);

}  // namespace matseq
