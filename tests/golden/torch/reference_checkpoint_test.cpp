// Checkpoints that the reference wrote.
#include "reference/tensors/reference_checkpoint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "temporary_folder.h"

namespace matseq {
namespace {

std::filesystem::path model(const std::string& name) {
  return std::filesystem::path(MATSEQ_TEST_DATA) / "golden" / "models" / (name + ".pth");
}

using Shapes = std::map<std::string, std::vector<std::int64_t>>;

void expect_linear(Shapes& shapes, const std::string& name, std::int64_t out, std::int64_t in) {
  shapes[name + ".weight"] = {out, in};
  shapes[name + ".bias"] = {out};
}

void expect_norm(Shapes& shapes, const std::string& name, std::int64_t width) {
  shapes[name + ".weight"] = {width};
  shapes[name + ".bias"] = {width};
}

void expect_attention(Shapes& shapes, const std::string& name, std::int64_t width, std::int64_t source_width) {
  expect_linear(shapes, name + ".q_lin", width, width);
  expect_linear(shapes, name + ".k_lin", width, source_width);
  expect_linear(shapes, name + ".v_lin", width, source_width);
  expect_linear(shapes, name + ".out_lin", width, width);
}

/// Every parameter of spec section 4.
Shapes expected_shapes(const nlohmann::ordered_json& params, bool decoder) {
  const std::int64_t source_width = params["enc_emb_dim"];
  const std::int64_t width = params[decoder ? "dec_emb_dim" : "enc_emb_dim"];
  const std::int64_t tokens = params["n_words"];
  Shapes shapes{{"position_embeddings.weight", {4096, width}}, {"embeddings.weight", {tokens, width}}};
  expect_norm(shapes, "layer_norm_emb", width);
  const std::int64_t layers = params[decoder ? "n_dec_layers" : "n_enc_layers"];
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    const std::string prefix = "layers." + std::to_string(layer) + ".";
    expect_attention(shapes, prefix + "self_attention", width, width);
    expect_norm(shapes, prefix + "layer_norm1", width);
    if (decoder) expect_norm(shapes, prefix + "layer_norm15", width);
    if (decoder) expect_attention(shapes, prefix + "cross_attention", width, source_width);
    expect_linear(shapes, prefix + "ffn.lin1", 4 * width, width);
    expect_linear(shapes, prefix + "ffn.lin2", width, 4 * width);
    expect_norm(shapes, prefix + "layer_norm2", width);
  }
  if (decoder) expect_linear(shapes, "proj", tokens, width);
  return shapes;
}

Shapes shapes_of(const std::vector<NamedTensor>& tensors) {
  Shapes shapes;
  for (const NamedTensor& named : tensors) shapes[named.name] = named.tensor.sizes().vec();
  return shapes;
}

class GoldenCheckpoint : public testing::TestWithParam<const char*> {};

TEST_P(GoldenCheckpoint, HasTheParametersOfTheSpecification) {
  const ReferenceCheckpoint checkpoint = read_reference_checkpoint(model(GetParam()));
  EXPECT_EQ(shapes_of(checkpoint.encoder), expected_shapes(checkpoint.params, false));
  EXPECT_EQ(shapes_of(checkpoint.decoder), expected_shapes(checkpoint.params, true));
  EXPECT_GT(checkpoint.n_total_iter, 0);
  EXPECT_TRUE(checkpoint.best_metrics.is_object());
  EXPECT_TRUE(checkpoint.best_stopping_criterion.is_null());
}

TEST_P(GoldenCheckpoint, HasFiniteValuesOfTheRightSize) {
  const ReferenceCheckpoint checkpoint = read_reference_checkpoint(model(GetParam()));
  for (const NamedTensor& named : model_parameters(checkpoint)) {
    EXPECT_EQ(named.tensor.scalar_type(), torch::kFloat32);
    EXPECT_TRUE(torch::isfinite(named.tensor).all().item<bool>()) << named.name;
    EXPECT_LT(named.tensor.abs().max().item<double>(), 20) << named.name;
  }
}

TEST_P(GoldenCheckpoint, SurvivesWritingAndReading) {
  const ReferenceCheckpoint first = read_reference_checkpoint(model(GetParam()));
  const TemporaryFolder folder;
  write_reference_checkpoint(folder / "again.pth", first);
  const ReferenceCheckpoint second = read_reference_checkpoint(folder / "again.pth");

  EXPECT_EQ(first.params, second.params);
  EXPECT_EQ(first.n_total_iter, second.n_total_iter);
  EXPECT_EQ(trained_parameters(first), trained_parameters(second));
  ASSERT_EQ(first.decoder.size(), second.decoder.size());
  for (std::size_t i = 0; i < first.decoder.size(); ++i) {
    EXPECT_EQ(first.decoder[i].name, second.decoder[i].name);
    EXPECT_TRUE(torch::equal(first.decoder[i].tensor, second.decoder[i].tensor)) << first.decoder[i].name;
  }
  ASSERT_EQ(first.optimizer.has_value(), second.optimizer.has_value());
  const auto first_state = optimizer_state(first);
  const auto second_state = optimizer_state(second);
  ASSERT_EQ(first_state.size(), second_state.size());
  for (std::size_t i = 0; i < first_state.size(); ++i) {
    EXPECT_EQ(first_state[i].name, second_state[i].name);
    EXPECT_TRUE(torch::equal(first_state[i].tensor, second_state[i].tensor)) << first_state[i].name;
  }
  if (first.optimizer) {
    EXPECT_EQ(first.optimizer->groups, second.optimizer->groups);
  }
}

INSTANTIATE_TEST_SUITE_P(All, GoldenCheckpoint,
                         testing::Values("p1000_shared", "fp15_p10_cotraining", "b1999_sinusoidal_untied",
                                         "b1999_multi_gpu_half", "trained_cotraining", "trained_eigenvalues"),
                         [](const auto& instance) { return std::string(instance.param); });

TEST(ReferenceCheckpoint, HalfOfSeveralGpusIsTheRoundedFloat) {
  const ReferenceCheckpoint full = read_reference_checkpoint(model("b1999_sinusoidal_untied"));
  const ReferenceCheckpoint half = read_reference_checkpoint(model("b1999_multi_gpu_half"));
  ASSERT_EQ(full.decoder.size(), half.decoder.size());
  for (std::size_t i = 0; i < full.decoder.size(); ++i) {
    EXPECT_EQ(full.decoder[i].name, half.decoder[i].name);
    EXPECT_EQ(half.decoder[i].tensor.scalar_type(), torch::kFloat16);
    EXPECT_TRUE(torch::equal(full.decoder[i].tensor.to(torch::kFloat16), half.decoder[i].tensor));
  }
  EXPECT_FALSE(half.optimizer.has_value());
}

TEST(ReferenceCheckpoint, TiedTensorsShareMemory) {
  const ReferenceCheckpoint tied = read_reference_checkpoint(model("p1000_shared"));
  const ReferenceCheckpoint untied = read_reference_checkpoint(model("b1999_sinusoidal_untied"));
  const auto memory = [](const ReferenceCheckpoint& checkpoint, const std::string& name) {
    return std::ranges::find(checkpoint.decoder, name, &NamedTensor::name)->tensor.data_ptr();
  };
  EXPECT_EQ(memory(tied, "proj.weight"), memory(tied, "embeddings.weight"));
  EXPECT_NE(memory(untied, "proj.weight"), memory(untied, "embeddings.weight"));
}

TEST(ReferenceCheckpoint, OptimizerStateBelongsToTheTrainedParameters) {
  // Spec section 4: no tied proj.weight in the one, no sinusoidal tables in the other.
  for (const auto& [name, count] : {std::pair("p1000_shared", 67), std::pair("b1999_sinusoidal_untied", 76)}) {
    const ReferenceCheckpoint checkpoint = read_reference_checkpoint(model(name));
    ASSERT_TRUE(checkpoint.optimizer.has_value());
    EXPECT_EQ(static_cast<int>(trained_parameters(checkpoint).size()), count);
    EXPECT_EQ(static_cast<int>(checkpoint.optimizer->groups[0]["params"].size()), count);
    EXPECT_EQ(checkpoint.optimizer->groups[0]["lr"], 0.001);
    const auto state = optimizer_state(checkpoint);
    EXPECT_EQ(static_cast<int>(state.size()), 3 * count);  // step, exp_avg, exp_avg_sq
    for (const NamedTensor& named : state) {
      if (named.name.ends_with("/step")) {
        EXPECT_EQ(named.tensor.item<std::int64_t>(), 60) << named.name;
      }
      if (named.name.ends_with("/exp_avg_sq")) {
        EXPECT_GE(named.tensor.min().item<double>(), 0) << named.name;
      }
    }
  }
}

TEST(ReferenceCheckpoint, OptimizerStateGoesBackToTheSamePlaces) {
  const ReferenceCheckpoint checkpoint = read_reference_checkpoint(model("p1000_shared"));
  const ReferenceOptimizer again =
      to_reference_optimizer(trained_parameters(checkpoint), optimizer_state(checkpoint),
                             {{"lr", 0.001}, {"betas", {0.9, 0.999}}, {"eps", 1e-8}, {"weight_decay", 0}});
  EXPECT_EQ(again.groups, checkpoint.optimizer->groups);
  ASSERT_EQ(again.state.size(), checkpoint.optimizer->state.size());
  for (const auto& [index, quantities] : checkpoint.optimizer->state) {
    ASSERT_EQ(again.state.at(index).size(), quantities.size());
    for (std::size_t i = 0; i < quantities.size(); ++i) {
      EXPECT_TRUE(torch::equal(quantities[i].tensor, again.state.at(index)[i].tensor));
    }
  }
}

}  // namespace
}  // namespace matseq
