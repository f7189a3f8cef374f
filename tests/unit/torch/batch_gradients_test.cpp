#include "training/batch_gradients.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

#include "make_model.h"
#include "training/run_folder.h"
#include "training/thread_team.h"

namespace matseq {
namespace {

constexpr std::int64_t words = 40;

std::vector<std::vector<std::int64_t>> random_sequences(std::size_t count, std::uint64_t seed) {
  torch::manual_seed(seed);
  std::vector<std::vector<std::int64_t>> sequences(count);
  for (auto& sequence : sequences) {
    const auto length = torch::randint(1, 9, {1}).item<std::int64_t>();
    const torch::Tensor inner = torch::randint(2, words, {length});
    sequence.push_back(0);
    for (std::int64_t i = 0; i < length; ++i) sequence.push_back(inner[i].item<std::int64_t>());
    sequence.push_back(0);
  }
  return sequences;
}

struct Outcome {
  double loss = 0;
  std::vector<torch::Tensor> gradients;
};

Outcome gradients_with(std::size_t threads, std::size_t examples, const test::ParameterEntries& more = {}) {
  test::ParameterEntries entries = {{"encoder.layers", std::int64_t{2}}, {"encoder.width", std::int64_t{16}},
                                    {"encoder.heads", std::int64_t{2}},  {"decoder.layers", std::int64_t{1}},
                                    {"decoder.width", std::int64_t{12}}, {"decoder.heads", std::int64_t{3}}};
  entries.insert(entries.end(), more.begin(), more.end());
  const std::unique_ptr<Model> model = test::make_transformer({words, 12, 12}, entries);
  const std::vector<NamedTensor> parameters = trained_parameters(*model);
  const SequenceBatch batch = test::make_batch(random_sequences(examples, 3), random_sequences(examples, 4));
  BatchGradients gradients(*model, parameters, torch::kCPU, torch::kFloat32, threads);
  Outcome outcome;
  outcome.loss = gradients.add(batch, 0.5);
  gradients.add(batch, 0.25);  // adds up
  for (const NamedTensor& parameter : parameters) outcome.gradients.push_back(parameter.tensor.grad());
  return outcome;
}

TEST(BatchGradients, SharingOutChangesRoundingOnly) {
  const Outcome whole = gradients_with(1, 11);
  for (const std::size_t threads : {2, 3, 16}) {
    const Outcome shared = gradients_with(threads, 11);
    EXPECT_NEAR(shared.loss, whole.loss, 1e-5 * whole.loss);
    for (std::size_t i = 0; i < whole.gradients.size(); ++i) {
      EXPECT_TRUE(torch::allclose(shared.gradients[i], whole.gradients[i], 1e-4, 1e-6)) << threads << ' ' << i;
    }
  }
}

TEST(BatchGradients, TheSameThreadsGiveTheSameBits) {
  const Outcome first = gradients_with(3, 10);
  const Outcome second = gradients_with(3, 10);
  EXPECT_EQ(first.loss, second.loss);
  for (std::size_t i = 0; i < first.gradients.size(); ++i) {
    EXPECT_TRUE(torch::equal(first.gradients[i], second.gradients[i])) << i;
  }
}

TEST(BatchGradients, OneExampleIsNotSharedOut) { EXPECT_EQ(gradients_with(4, 1).loss, gradients_with(1, 1).loss); }

TEST(BatchGradients, AModelWithDropoutIsUsedByOneThread) {
  const test::ParameterEntries dropout = {{"dropout", 0.3}};
  EXPECT_EQ(gradients_with(4, 8, dropout).loss, gradients_with(1, 8, dropout).loss);
}

TEST(ThreadTeam, EveryMemberWorksOnceARound) {
  ThreadTeam team(4);
  std::vector<std::atomic<int>> calls(team.size());
  for (int round = 0; round < 100; ++round) {
    team.run([&](std::size_t member) { ++calls[member]; });
  }
  for (const std::atomic<int>& count : calls) EXPECT_EQ(count, 100);
}

TEST(ThreadTeam, MembersComputeOnOneThreadAndTheCallerGetsItsOwnBack) {
  torch::set_num_threads(3);
  ThreadTeam team(2);
  std::vector<int> inside(team.size());
  team.run([&](std::size_t member) { inside[member] = torch::get_num_threads(); });
  EXPECT_EQ(inside, (std::vector<int>{1, 1}));
  EXPECT_EQ(torch::get_num_threads(), 3);
}

TEST(ThreadTeam, ExceptionsReachTheCallerAndTheTeamGoesOn) {
  ThreadTeam team(3);
  EXPECT_THROW(team.run([](std::size_t member) {
    if (member == 2) throw std::runtime_error("no");
  }),
               std::runtime_error);
  std::atomic<int> calls = 0;
  team.run([&](std::size_t) { ++calls; });
  EXPECT_EQ(calls, 3);
}

}  // namespace
}  // namespace matseq
