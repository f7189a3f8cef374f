// The contract of models with each option turned; what rotary positions and the cap promise.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "make_model.h"
#include "matseq/error.h"
#include "matseq/testing.h"

namespace matseq {
namespace {

using Integer = std::int64_t;

TEST(ModernTransformer, KeepsToItsContractWithEachOption) {
  constexpr const char* plugin = MATSEQ_PLUGIN_DIR "/matseq_model_modern_transformer.so";
  for (const char* option : {"norm=rms", "norm=layer", "positions=learned", "qk_norm=false", "feed_forward=relu",
                             "feed_forward=squared_relu", "tied_output=true", "logit_cap=5.0"}) {
    EXPECT_EQ(
        testing::broken_contracts(plugin, {"encoder_layers=2", "decoder_layers=2", "width=32", "heads=4", option}), "")
        << option;
  }
}

std::unique_ptr<Model> small_model(test::ParameterEntries more) {
  more.insert(more.end(), {{"encoder_layers", Integer{1}}, {"width", Integer{16}}, {"heads", Integer{2}}});
  return test::make_model_of("modern_transformer", {.vocabulary_size = 12, .longest_source = 10, .longest_target = 8},
                             more);
}

TEST(ModernTransformer, TheOrderOfTokensMatters) {
  const torch::NoGradGuard no_gradients;
  for (const char* positions : {"rotary", "learned"}) {
    const auto model = small_model({{"positions", std::string(positions)}});
    const torch::Tensor one = model->logits(test::make_batch({{0, 5, 6, 7, 0}}, {{0, 4, 3, 0}}));
    const torch::Tensor other = model->logits(test::make_batch({{0, 7, 6, 5, 0}}, {{0, 4, 3, 0}}));
    EXPECT_FALSE(torch::allclose(one, other, 1e-4, 1e-4)) << positions;
  }
}

TEST(ModernTransformer, LogitsStayBelowTheCap) {
  const torch::NoGradGuard no_gradients;
  const SequenceBatch batch = test::make_batch({{0, 5, 6, 7, 0}}, {{0, 4, 3, 0}});
  const torch::Tensor plain = small_model({})->logits(batch);
  const torch::Tensor capped = small_model({{"logit_cap", 0.1}})->logits(batch);
  EXPECT_LE(capped.abs().max().item<double>(), 0.1F);
  EXPECT_TRUE(torch::allclose(capped, (plain / 0.1).tanh() * 0.1, 1e-5, 1e-6));
}

TEST(ModernTransformer, AnOddNumberOfChannelsCannotBeTurned) {
  EXPECT_THROW(
      test::make_model_of("modern_transformer", {.vocabulary_size = 12, .longest_source = 10, .longest_target = 8},
                          {{"width", Integer{15}}, {"heads", Integer{3}}}),
      Error);
}

}  // namespace
}  // namespace matseq
