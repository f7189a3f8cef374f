// The contract of models; what passes, gates and halting are.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "make_model.h"
#include "matseq/testing.h"

namespace matseq {
namespace {

constexpr const char* plugin = MATSEQ_PLUGIN_DIR "/matseq_model_universal_transformer.so";
const ModelSetup setup{.vocabulary_size = 12, .longest_source = 10, .longest_target = 8};
constexpr std::int64_t width = 16;

std::unique_ptr<Model> make(test::ParameterEntries entries, std::int64_t loops) {
  for (const char* loops_of : {"encoder_loops", "decoder_loops"}) entries.emplace_back(loops_of, loops);
  entries.emplace_back("width", width);
  entries.emplace_back("heads", std::int64_t{2});
  return test::make_model_of("universal_transformer", setup, entries);
}

SequenceBatch batch() {
  return test::make_batch({{0, 5, 6, 7, 8, 0}, {0, 4, 9, 0}}, {{0, 4, 3, 0}, {0, 3, 7, 11, 5, 0}});
}

torch::Tensor logits(Model& model) {
  const torch::NoGradGuard no_gradients;
  return model.logits(batch());
}

void fill(Model& model, const std::string& parameter, double value) {
  const torch::NoGradGuard no_gradients;
  model.module().named_parameters()[parameter].fill_(value);
}

TEST(UniversalTransformer, KeepsToItsContract) {
  const std::vector<std::string> size = {"width=32", "heads=4", "encoder_loops=3", "decoder_loops=2"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.end(), size.begin(), size.end());
    return testing::broken_contracts(plugin, more);
  };
  EXPECT_EQ(with({"encoder_layers=2", "decoder_layers=2"}), "");
  EXPECT_EQ(with({"gate=scalar", "step_embeddings=false"}), "");
  EXPECT_EQ(with({"gate=channel", "adaptive=both"}), "");
  EXPECT_EQ(with({"adaptive=encoder", "halting_threshold=0.6"}), "");
}

// One pass without a gate is the papers' transformer: the tensors have the same names and mean the same.
TEST(UniversalTransformer, OfOnePassIsTheTransformer) {
  const auto universal = make({{"encoder_layers", std::int64_t{2}}, {"decoder_layers", std::int64_t{2}}}, 1);
  test::ParameterEntries entries = {{"share_inout_emb", true}};
  for (const std::string stack : {"encoder", "decoder"}) {
    entries.emplace_back(stack + ".layers", std::int64_t{2});
    entries.emplace_back(stack + ".width", width);
    entries.emplace_back(stack + ".heads", std::int64_t{2});
  }
  const auto transformer = test::make_model_of("transformer", setup, entries);
  const auto from = transformer->module().named_parameters(), to = universal->module().named_parameters();
  ASSERT_EQ(from.size(), to.size());
  const torch::NoGradGuard no_gradients;
  for (const auto& parameter : from) to[parameter.key()].copy_(parameter.value());
  EXPECT_TRUE(torch::allclose(logits(*universal), logits(*transformer), 1e-4, 1e-5));
}

TEST(UniversalTransformer, TwoPassesAreTwoEqualLayers) {
  const auto looped = make({{"step_embeddings", false}}, 2);
  const auto stacked = make({{"encoder_layers", std::int64_t{2}}, {"decoder_layers", std::int64_t{2}}}, 1);
  const torch::NoGradGuard no_gradients;
  const auto from = looped->module().named_parameters();
  for (const auto& parameter : stacked->module().named_parameters()) {
    std::string name = parameter.key();
    if (const std::size_t layer = name.find("layers.1."); layer != std::string::npos) name[layer + 7] = '0';
    parameter.value().copy_(from[name]);
  }
  EXPECT_TRUE(torch::allclose(logits(*looped), logits(*stacked), 1e-4, 1e-5));
}

TEST(UniversalTransformer, AGateThatIsOpenOrClosed) {
  for (const char* kind : {"scalar", "channel"}) {
    const auto gated = make({{"gate", std::string(kind)}}, 3), open = make({}, 3), still = make({}, 1);
    for (const auto& model : {open.get(), still.get()}) {
      const torch::NoGradGuard no_gradients;
      const auto from = gated->module().named_parameters();
      for (const auto& parameter : model->module().named_parameters()) {
        if (parameter.value().sizes() == from[parameter.key()].sizes()) parameter.value().copy_(from[parameter.key()]);
      }
    }
    for (const char* gate : {"encoder.recurrence.gate.bias", "decoder.recurrence.gate.bias"}) fill(*gated, gate, 50);
    EXPECT_TRUE(torch::allclose(logits(*gated), logits(*open), 1e-4, 1e-5)) << kind;
    for (const char* gate : {"encoder.recurrence.gate.bias", "decoder.recurrence.gate.bias"}) fill(*gated, gate, -50);
    // Nothing is left of the passes: the encoder's output is its embedding, whatever the layer does.
    const auto output = [&] {
      const torch::NoGradGuard no_gradients;
      return gated->encoder_output(batch().source, batch().source_lengths);
    };
    const torch::Tensor before = output();
    fill(*gated, "encoder.layers.0.ffn.lin2.bias", 3);
    EXPECT_TRUE(torch::allclose(output(), before, 1e-4, 1e-5)) << kind;
  }
}

double ponder(Model& model) {
  const torch::NoGradGuard no_gradients;
  const torch::Tensor cost = model.loss(batch()).auxiliary;
  return cost.defined() ? cost.item<double>() : std::nan("");
}

// 10 real tokens of the sources, 8 of the targets are read. Halting does not depend on the state: its weight is 0.
TEST(UniversalTransformer, PonderCostCountsPassesAndWhatWasMissing) {
  const auto halting = [](const char* where, double bias) {
    auto model = make({{"adaptive", std::string(where)}, {"ponder_cost", 0.5}}, 4);
    for (const std::string stack : {"encoder", "decoder"}) {
      if (where != stack && where != std::string("both")) continue;
      fill(*model, stack + ".recurrence.halting.weight", 0);
      fill(*model, stack + ".recurrence.halting.bias", bias);
    }
    return model;
  };
  const auto cost = [&](const char* where, double bias) { return ponder(*halting(where, bias)); };
  EXPECT_TRUE(std::isnan(ponder(*make({}, 4))));
  EXPECT_NEAR(cost("encoder", 50), 0.5 * 10 * (1 + 1), 1e-4);   // after one pass, of which all was missing
  EXPECT_NEAR(cost("encoder", -50), 0.5 * 10 * (4 + 1), 1e-4);  // after all, still
  EXPECT_NEAR(cost("encoder", 0), 0.5 * 10 * (2 + 0.5), 1e-4);  // 0.5, 0.5
  EXPECT_NEAR(cost("decoder", 50), 0.5 * 8 * (1 + 1), 1e-4);
  EXPECT_NEAR(cost("both", 50), 0.5 * 18 * (1 + 1), 1e-4);
  // Halted at once, it is a model of one pass; never, one of all of them.
  for (const auto& [bias, loops] : {std::pair(50.0, 1), std::pair(-50.0, 4)}) {
    const auto model = halting("both", bias), fixed = make({}, 4);
    const auto one = make({{"step_embeddings", false}}, loops);
    const torch::NoGradGuard no_gradients;
    const auto from = model->module().named_parameters();
    for (const char* stack : {"encoder", "decoder"})
      fill(*model, std::string(stack) + ".recurrence.step_embeddings", 0);
    for (const auto& parameter : one->module().named_parameters()) parameter.value().copy_(from[parameter.key()]);
    EXPECT_TRUE(torch::allclose(logits(*model), logits(*one), 1e-4, 1e-5)) << bias;
  }
}

}  // namespace
}  // namespace matseq
