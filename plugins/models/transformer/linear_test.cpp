// The plugin hides its symbols, so that its source is part of this test.
#include "linear.cpp"  // NOLINT(bugprone-suspicious-include)

#include <gtest/gtest.h>

#include <array>

namespace matseq::transformer {
namespace {

struct Problem {
  torch::Tensor x, weight, bias;
};

Problem random_problem(std::int64_t rows, std::int64_t in, std::int64_t out) {
  const auto variable = [](at::IntArrayRef shape) { return torch::randn(shape).requires_grad_(); };
  return {variable({rows, in}), variable({out, in}), variable({out})};
}

TEST(Linear, IsLibTorchsToRounding) {
  torch::manual_seed(1);
  for (const auto& [rows, in, out] : {std::array<std::int64_t, 3>{1, 1, 1}, {1, 7, 5}, {13, 1, 4}, {100, 64, 33}}) {
    const Problem problem = random_problem(rows, in, out);
    const torch::Tensor bias_before = problem.bias.detach().clone();
    const torch::Tensor ours = linear(problem.x, problem.weight, problem.bias);
    const torch::Tensor theirs = torch::linear(problem.x, problem.weight, problem.bias);
    EXPECT_TRUE(torch::allclose(ours, theirs, 1e-5, 1e-5)) << rows;
    EXPECT_TRUE(torch::equal(problem.bias, bias_before)) << rows;

    const torch::Tensor gradient = torch::randn_like(theirs);
    const std::vector<torch::Tensor> inputs = {problem.x, problem.weight, problem.bias};
    const auto our_gradients = torch::autograd::grad({ours}, inputs, {gradient});
    const auto their_gradients = torch::autograd::grad({theirs}, inputs, {gradient});
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      EXPECT_TRUE(torch::allclose(our_gradients[i], their_gradients[i], 1e-4, 1e-5)) << rows << ' ' << i;
    }
  }
}

TEST(Linear, TakesWhatIsNoPlainMatrixOfFloats) {
  torch::manual_seed(2);
  const Problem problem = random_problem(6, 4, 3);
  const torch::Tensor expected = torch::linear(problem.x, problem.weight, problem.bias);
  const torch::Tensor strided = problem.x.t().contiguous().t();
  EXPECT_TRUE(torch::allclose(linear(strided, problem.weight, problem.bias), expected, 1e-5, 1e-6));
  const torch::Tensor doubles =
      linear(problem.x.to(torch::kFloat64), problem.weight.to(torch::kFloat64), problem.bias.to(torch::kFloat64));
  EXPECT_TRUE(torch::allclose(doubles.to(torch::kFloat32), expected, 1e-5, 1e-6));
  EXPECT_EQ(linear(problem.x.slice(0, 0, 0), problem.weight, problem.bias).sizes(), (std::vector<std::int64_t>{0, 3}));
}

TEST(Linear, AutocastsLikeLibTorch) {
  torch::manual_seed(3);
  const Problem problem = random_problem(6, 4, 3);
  set_autocast(torch::kCPU, torch::kBFloat16);
  const torch::Tensor result = linear(problem.x, problem.weight, problem.bias);
  unset_autocast(torch::kCPU);
  at::autocast::clear_cache();
  EXPECT_EQ(result.scalar_type(), torch::kBFloat16);
}

}  // namespace
}  // namespace matseq::transformer
