#include "device/peak_rate.h"

#include <gtest/gtest.h>

namespace matseq {
namespace {

TEST(PeakRate, IsTheMakersWhereTheDeviceIsKnown) {
  EXPECT_EQ(stated_product_rate("NVIDIA H100 80GB HBM3", torch::kBFloat16), 989e12);
  EXPECT_EQ(stated_product_rate("NVIDIA H100 80GB HBM3", torch::kFloat32), 67e12);
  EXPECT_EQ(stated_product_rate("NVIDIA H100 PCIe", torch::kFloat16), 756e12);
  EXPECT_EQ(stated_product_rate("NVIDIA GeForce RTX 4090", torch::kBFloat16), 0);
  EXPECT_EQ(stated_product_rate("", torch::kFloat32), 0);
}

TEST(PeakRate, IsMeasuredOnTheCpuWithoutTouchingRandomNumbers) {
  torch::manual_seed(1);
  const double expected = torch::rand({1}).item<double>();
  torch::manual_seed(1);
  for (const torch::ScalarType precision : {torch::kFloat32, torch::kBFloat16}) {
    const ProductRate rate = matrix_product_rate(torch::kCPU, precision);
    EXPECT_TRUE(rate.measured);
    EXPECT_GT(rate.operations_a_second, 1e6);
    EXPECT_LT(rate.operations_a_second, 1e15);
  }
  EXPECT_EQ(torch::rand({1}).item<double>(), expected);
}

}  // namespace
}  // namespace matseq
