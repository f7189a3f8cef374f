// The plugin hides its symbols, so that its source is part of this test.
#include "cpu_attention.cpp"  // NOLINT(bugprone-suspicious-include)

#include <gtest/gtest.h>

#include "matseq/torch_compatibility.h"

namespace matseq::transformer {
namespace {

constexpr std::int64_t batch = 3, heads = 2, head_width = 8;

// As split_heads makes them: views of (batch x length, heads x head width).
torch::Tensor random_heads(std::int64_t length) {
  return torch::randn({batch * length, heads * head_width})
      .requires_grad_()
      .view({batch, length, heads, head_width})
      .transpose(1, 2);
}

// Result and gradients are LibTorch's.
void expect_same(std::int64_t length, std::int64_t key_count, const torch::Tensor& visible, bool causal) {
  const std::vector<torch::Tensor> inputs = {random_heads(length), random_heads(key_count), random_heads(key_count)};
  ASSERT_TRUE(cpu_attention_applies(inputs[0], inputs[1], inputs[2]));
  const torch::Tensor ours = cpu_attention(inputs[0], inputs[1], inputs[2], visible, causal);
  const torch::Tensor theirs = scaled_dot_product_attention(inputs[0], inputs[1], inputs[2], visible, causal, 0)
                                   .transpose(1, 2)
                                   .reshape({batch * length, -1});
  EXPECT_TRUE(torch::allclose(ours, theirs, 1e-5, 1e-6));
  const torch::Tensor gradient = torch::randn_like(theirs);
  const auto our_gradients = torch::autograd::grad({ours}, inputs, {gradient});
  const auto their_gradients = torch::autograd::grad({theirs}, inputs, {gradient});
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_TRUE(torch::allclose(our_gradients[i], their_gradients[i], 1e-4, 1e-6)) << "input " << i;
  }
}

TEST(CpuAttention, IsLibTorchsToRounding) {
  torch::manual_seed(1);
  for (const std::int64_t length : {1, 2, 13, 40}) {
    for (const std::int64_t key_count : {1, 5, 33}) expect_same(length, key_count, torch::Tensor(), false);
  }
}

TEST(CpuAttention, SeesNoLaterKeysInCausalOrder) {
  torch::manual_seed(2);
  for (const std::int64_t length : {1, 2, 13, 40}) expect_same(length, length, torch::Tensor(), true);
}

TEST(CpuAttention, SeesNoPadding) {
  torch::manual_seed(3);
  const torch::Tensor lengths = torch::tensor({7, 3, 1}, torch::kInt64);
  expect_same(5, 7, (torch::arange(7).unsqueeze(0) < lengths.unsqueeze(1)).view({batch, 1, 1, 7}), false);
}

TEST(CpuAttention, LargeScoresStayFinite) {
  torch::manual_seed(4);
  const torch::Tensor queries = random_heads(4) * 1e3, keys = random_heads(6) * 1e3, values = random_heads(6);
  EXPECT_TRUE(cpu_attention(queries, keys, values, torch::Tensor(), false).isfinite().all().item<bool>());
}

TEST(CpuAttention, LeavesOtherTypesToLibTorch) {
  const torch::Tensor floats = random_heads(4);
  EXPECT_FALSE(cpu_attention_applies(floats.to(torch::kFloat64), floats, floats));
  EXPECT_FALSE(cpu_attention_applies(floats, floats.to(torch::kBFloat16), floats));
  EXPECT_FALSE(cpu_attention_applies(floats, floats, floats.transpose(2, 3).contiguous().transpose(2, 3)));
}

}  // namespace
}  // namespace matseq::transformer
