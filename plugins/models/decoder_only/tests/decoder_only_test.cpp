// The contract of models; who sees what.
#include <gtest/gtest.h>

#include <string>

#include "make_model.h"
#include "matseq/testing.h"

namespace matseq {
namespace {

TEST(DecoderOnly, KeepsToItsContract) {
  constexpr const char* plugin = MATSEQ_PLUGIN_DIR "/matseq_model_decoder_only.so";
  EXPECT_EQ(testing::broken_contracts(plugin, {"layers=2", "width=32", "heads=4"}), "");
  EXPECT_EQ(testing::broken_contracts(plugin, {"layers=2", "width=24", "heads=2", "prefix=false"}), "");
}

TEST(DecoderOnly, PositionsRunThroughSourceAndTarget) {
  const ModelSetup setup{.vocabulary_size = 12, .longest_source = 10, .longest_target = 8};
  const auto model = test::make_model_of(
      "decoder_only", setup, {{"layers", std::int64_t{2}}, {"width", std::int64_t{16}}, {"heads", std::int64_t{2}}});
  // A source of five tokens that is padded to seven, and the first token of its target.
  model->logits(test::make_batch({{0, 5, 6, 7, 0}, {0, 5, 6, 7, 8, 9, 0}}, {{0, 4, 3, 0}, {0, 4, 3, 0}}))[0][0]
      .sum()
      .backward();
  const torch::Tensor gradient = model->module().named_parameters()["position_embeddings.weight"].grad();
  for (std::int64_t position = 0; position < gradient.size(0); ++position) {
    EXPECT_EQ(gradient[position].abs().max().item<double>() > 0, position < 6) << position;
  }
}

TEST(DecoderOnly, ACausalSourceCanBeReadInPieces) {
  const ModelSetup setup{.vocabulary_size = 12, .longest_source = 10, .longest_target = 8};
  const torch::NoGradGuard no_gradients;
  for (const bool prefix : {false, true}) {
    const auto model = test::make_model_of(
        "decoder_only", setup,
        {{"layers", std::int64_t{2}}, {"width", std::int64_t{16}}, {"heads", std::int64_t{2}}, {"prefix", prefix}});
    // The source's end as a source, or as the beginning of a target: one sequence, alike but for what the source's
    // tokens see of each other.
    const torch::Tensor whole = model->logits(test::make_batch({{0, 5, 6, 7, 0}}, {{0, 4, 0}}))[0][0];
    const torch::Tensor parts = model->logits(test::make_batch({{0, 5}}, {{6, 7, 0, 0, 0}}))[0][3];
    EXPECT_EQ(torch::allclose(whole, parts, 1e-4, 1e-5), !prefix);
  }
}

}  // namespace
}  // namespace matseq
