// The contract of models, and that answers are read off in one pass.
#include <gtest/gtest.h>

#include <string>

#include "make_model.h"
#include "matseq/testing.h"

namespace matseq {
namespace {

TEST(EncoderOnly, KeepsToItsContract) {
  constexpr const char* plugin = MATSEQ_PLUGIN_DIR "/matseq_model_encoder_only.so";
  EXPECT_EQ(testing::broken_contracts(plugin, {"layers=2", "width=32", "heads=4"}), "");
  EXPECT_EQ(testing::broken_contracts(plugin, {"layers=1", "width=24", "heads=1"}), "");
}

TEST(EncoderOnly, WhatStandsInAPlaceDependsOnTheSourceAlone) {
  const ModelSetup setup{.vocabulary_size = 12, .longest_source = 10, .longest_target = 8};
  const auto model = test::make_model_of(
      "encoder_only", setup, {{"layers", std::int64_t{2}}, {"width", std::int64_t{16}}, {"heads", std::int64_t{2}}});
  const torch::NoGradGuard no_gradients;
  const std::vector<std::vector<std::int64_t>> source = {{0, 5, 6, 7, 0}};
  const torch::Tensor one = model->logits(test::make_batch(source, {{0, 5, 6, 7, 0}}));
  EXPECT_TRUE(torch::allclose(model->logits(test::make_batch(source, {{0, 9, 2, 3, 0}})), one));
  EXPECT_TRUE(torch::allclose(model->logits(test::make_batch(source, {{0, 9, 0}})), one.slice(1, 0, 2), 1e-5, 1e-6));
  EXPECT_FALSE(torch::allclose(model->logits(test::make_batch({{0, 5, 6, 8, 0}}, {{0, 5, 6, 7, 0}})), one));
}

}  // namespace
}  // namespace matseq
