// The fused loss against LibTorch's operations.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "make_model.h"
#include "matseq/error.h"
#include "training/plugin_factories.h"

namespace matseq {
namespace {

constexpr std::int64_t vocabulary = 300;
constexpr std::int64_t longest = 40;

std::vector<std::vector<std::int64_t>> random_sequences(const std::vector<std::int64_t>& lengths) {
  std::vector<std::vector<std::int64_t>> sequences;
  for (const std::int64_t length : lengths) {
    const torch::Tensor words = torch::randint(0, vocabulary, {length}, torch::kInt64);
    sequences.emplace_back(words.data_ptr<std::int64_t>(), words.data_ptr<std::int64_t>() + length);
  }
  return sequences;
}

std::unique_ptr<Model> make(test::ParameterEntries entries, bool fused) {
  entries.emplace_back("fused", fused);
  return test::make_transformer({vocabulary, longest, longest}, entries);
}

std::vector<torch::Tensor> gradients_of(Model& model, const SequenceBatch& batch, double scale) {
  (model.loss(batch) * scale).backward();
  std::vector<torch::Tensor> gradients;
  for (const torch::Tensor& parameter : model.module().parameters()) gradients.push_back(parameter.grad());
  return gradients;
}

void expect_same(const test::ParameterEntries& entries, const SequenceBatch& batch) {
  const std::unique_ptr<Model> fused = make(entries, true), plain = make(entries, false);
  {
    // Away from the initial values, where biases and gains do not show.
    const torch::NoGradGuard no_gradients;
    const auto theirs = plain->module().parameters(), ours = fused->module().parameters();
    for (std::size_t i = 0; i < theirs.size(); ++i) {
      theirs[i].add_(torch::randn_like(theirs[i]), 0.05);
      ours[i].copy_(theirs[i]);
    }
  }
  EXPECT_EQ(std::string(fused->loss(batch).grad_fn()->name()).find("NllLoss"), std::string::npos) << "not fused";
  EXPECT_NEAR(fused->loss(batch).item<double>(), plain->loss(batch).item<double>(), 2e-6);
  const auto ours = gradients_of(*fused, batch, 0.7), theirs = gradients_of(*plain, batch, 0.7);
  const auto parameters = plain->module().named_parameters();
  ASSERT_EQ(ours.size(), theirs.size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const std::string& name = parameters[i].key();
    ASSERT_TRUE(ours[i].defined()) << name;
    const torch::Tensor expected = theirs[i].defined() ? theirs[i] : torch::zeros_like(ours[i]);
    EXPECT_TRUE(torch::allclose(ours[i], expected, 1e-3, 2e-6)) << name << ": " << (ours[i] - expected).abs().max();
  }
}

test::ParameterEntries sizes(std::int64_t encoder_width, std::int64_t decoder_width, std::int64_t heads) {
  return {{"encoder.layers", std::int64_t{2}}, {"encoder.width", encoder_width}, {"encoder.heads", heads},
          {"decoder.layers", std::int64_t{2}}, {"decoder.width", decoder_width}, {"decoder.heads", heads}};
}

TEST(CpuLoss, IsThatOfLibTorchsOperationsToRounding) {
  torch::manual_seed(1);
  const SequenceBatch ragged =
      test::make_batch(random_sequences({7, 4, 40, 9, 2, 17}), random_sequences({5, 8, 3, 2, 40, 33}));
  const SequenceBatch equal = test::make_batch(random_sequences({9, 9}), random_sequences({12, 12}));
  const SequenceBatch more_than_a_piece = test::make_batch(random_sequences(std::vector<std::int64_t>(30, 30)),
                                                           random_sequences(std::vector<std::int64_t>(30, 40)));
  for (const SequenceBatch& batch : {ragged, equal, more_than_a_piece}) {
    expect_same(sizes(64, 64, 4), batch);
    expect_same(sizes(24, 12, 4), batch);
    expect_same(sizes(15, 33, 3), batch);
  }
}

TEST(CpuLoss, UntiedOutputAndFrozenPositions) {
  torch::manual_seed(2);
  const SequenceBatch batch = test::make_batch(random_sequences({7, 4, 9}), random_sequences({5, 8, 3}));
  test::ParameterEntries untied = sizes(16, 16, 2);
  untied.emplace_back("share_inout_emb", false);
  expect_same(untied, batch);
  test::ParameterEntries sinusoidal = sizes(16, 16, 2);
  sinusoidal.emplace_back("sinusoidal_embeddings", true);
  expect_same(sinusoidal, batch);
}

TEST(CpuLoss, RefusesWordsOutOfTheVocabulary) {
  const std::unique_ptr<Model> model = make(sizes(16, 16, 2), true);
  for (const std::int64_t word : {std::int64_t{-1}, vocabulary}) {
    EXPECT_THROW(model->loss(test::make_batch({{0, word, 0}}, {{0, 3, 0}})), Error);
    EXPECT_THROW(model->loss(test::make_batch({{0, 3, 0}}, {{0, word, 0}})), Error);
    EXPECT_THROW(model->loss(test::make_batch({{0, 3, 0}}, {{0, 3, word}})), Error);
  }
}

}  // namespace
}  // namespace matseq
