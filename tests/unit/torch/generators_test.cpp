// No machine that tests this has a CUDA device: what is tested is that states come back, and that those of a device
// that is not there do no harm.
#include "run/tensors/generators.h"

#include <gtest/gtest.h>

#include <vector>

#include "matseq/error.h"

namespace matseq {
namespace {

TEST(Generators, GoOnWhereTheyStood) {
  torch::manual_seed(3);
  torch::rand({5});
  std::vector<NamedTensor> tensors = generator_states(torch::kCPU);
  ASSERT_EQ(tensors.size(), 1U);
  EXPECT_EQ(tensors.front().name, "generator/cpu");
  const torch::Tensor expected = torch::rand({5});
  torch::manual_seed(4);
  restore_generators(tensors, torch::kCPU, "file");
  EXPECT_TRUE(torch::equal(torch::rand({5}), expected));
  EXPECT_TRUE(tensors.empty());
}

TEST(Generators, OfAnotherDeviceAreDropped) {
  std::vector<NamedTensor> tensors = generator_states(torch::kCPU);
  tensors.push_back({"generator/cuda", torch::zeros({16}, torch::kUInt8)});
  tensors.push_back({"weight/exp_avg", torch::zeros({2})});
  restore_generators(tensors, torch::kCPU, "file");
  ASSERT_EQ(tensors.size(), 1U);
  EXPECT_EQ(tensors.front().name, "weight/exp_avg");
}

TEST(Generators, AStateThatIsNoneIsAnError) {
  std::vector<NamedTensor> tensors = {{"generator/cpu", torch::zeros({3}, torch::kUInt8)}};
  EXPECT_THROW(restore_generators(tensors, torch::kCPU, "file"), Error);
}

}  // namespace
}  // namespace matseq
