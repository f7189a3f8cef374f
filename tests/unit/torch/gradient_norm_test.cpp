#include "training/gradient_norm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace matseq {
namespace {

std::vector<NamedTensor> with_gradients(const std::vector<torch::Tensor>& gradients) {
  std::vector<NamedTensor> parameters;
  for (const torch::Tensor& gradient : gradients) {
    parameters.push_back({std::to_string(parameters.size()), torch::zeros_like(gradient)});
    parameters.back().tensor.mutable_grad() = gradient;
  }
  return parameters;
}

double norm_of(const std::vector<torch::Tensor>& gradients) {
  return gradient_norm(with_gradients(gradients)).item<double>();
}

TEST(GradientNorm, IsThatOfAllValuesTogether) {
  EXPECT_EQ(norm_of({}), 0);
  EXPECT_EQ(norm_of({torch::full({2, 2}, 1.0F), torch::full({5}, -1.0F)}), 3);
  torch::manual_seed(1);
  const std::vector<torch::Tensor> gradients = {torch::randn({300, 200}), torch::randn({7}), torch::randn({1})};
  const torch::Tensor all = torch::cat({gradients[0].flatten(), gradients[1], gradients[2]}).to(torch::kFloat64);
  const double expected = all.norm().item<double>();
  EXPECT_NEAR(norm_of(gradients), expected, 1e-6 * expected);
  EXPECT_NEAR(norm_of({gradients[0].t(), gradients[1], gradients[2]}), expected, 1e-6 * expected);  // not contiguous
}

TEST(GradientNorm, IsInfiniteOrNoNumberIfAnyValueIs) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(norm_of({torch::ones({3}), torch::full({1}, -infinity)}), infinity);
  EXPECT_TRUE(std::isnan(norm_of({torch::full({1}, std::nanf("")), torch::ones({3})})));
}

TEST(GradientNorm, ParametersWithoutGradientDoNotCount) {
  std::vector<NamedTensor> parameters = with_gradients({torch::full({1}, 3.0F)});
  parameters.push_back({"frozen", torch::ones({4})});
  EXPECT_EQ(gradient_norm(parameters).item<double>(), 3);
}

}  // namespace
}  // namespace matseq
