// The reference's own models, loaded from its checkpoints, compute and decode what they do there.
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "decoding/beam_search.h"
#include "decoding/greedy.h"
#include "evaluation/teacher_forcing.h"
#include "make_model.h"
#include "reference/tensors/reference_checkpoint.h"
#include "tokens/encoding_spec.h"
#include "tokens/vocabulary.h"

namespace matseq {
namespace {

using nlohmann::json;
using Sequences = std::vector<std::vector<std::int64_t>>;

const std::filesystem::path folder = MATSEQ_TEST_DATA "/golden/models";

json read_expected(const std::string& name) {
  std::ifstream file(folder / (name + ".json"));
  return json::parse(file);
}

std::unique_ptr<Model> make_like(const json& architecture, const ReferenceCheckpoint& checkpoint) {
  const std::int64_t output_length = architecture.at("max_output_len");
  const std::int64_t tokens = architecture.at("n_words");
  std::unique_ptr<Model> model = test::make_transformer(
      {tokens, 100, output_length + 2}, {{"encoder.layers", std::int64_t{architecture.at("n_enc_layers")}},
                                         {"encoder.width", std::int64_t{architecture.at("enc_emb_dim")}},
                                         {"encoder.heads", std::int64_t{architecture.at("n_enc_heads")}},
                                         {"decoder.layers", std::int64_t{architecture.at("n_dec_layers")}},
                                         {"decoder.width", std::int64_t{architecture.at("dec_emb_dim")}},
                                         {"decoder.heads", std::int64_t{architecture.at("n_dec_heads")}},
                                         {"share_inout_emb", bool{architecture.at("share_inout_emb")}},
                                         {"sinusoidal_embeddings", bool{architecture.at("sinusoidal_embeddings")}},
                                         {"positions", std::int64_t{4096}}});
  const torch::NoGradGuard no_gradients;
  auto parameters = model->module().named_parameters();
  auto buffers = model->module().named_buffers();
  std::size_t set = 0;
  for (const NamedTensor& stored : model_parameters(checkpoint)) {
    torch::Tensor* mine = parameters.find(stored.name);
    if (mine == nullptr) mine = buffers.find(stored.name);
    if (mine == nullptr) {
      EXPECT_EQ(stored.name, "decoder.proj.weight");
      EXPECT_TRUE(torch::equal(stored.tensor, *parameters.find("decoder.embeddings.weight")));
      continue;
    }
    EXPECT_EQ(mine->sizes(), stored.tensor.sizes()) << stored.name;
    if (buffers.contains(stored.name)) {
      EXPECT_TRUE(torch::allclose(*mine, stored.tensor, 0, 1e-3)) << stored.name << ": sinusoidal values differ";
    }
    mine->copy_(stored.tensor);
    ++set;
  }
  EXPECT_EQ(set, parameters.size() + buffers.size());
  model->module().eval();
  return model;
}

SequenceBatch batch_of(const json& expected) {
  return test::make_batch(expected.at("source_ids").get<Sequences>(), expected.at("target_ids").get<Sequences>());
}

// The values at real target tokens in the file's order, position after position.
torch::Tensor position_major(const torch::Tensor& values, const torch::Tensor& target_lengths) {
  const torch::Tensor position = torch::arange(values.size(1)).unsqueeze(1);
  const torch::Tensor real = position < (target_lengths - 1).unsqueeze(0);  // (length - 1, batch)
  return values.transpose(0, 1).flatten(0, 1).index_select(0, real.flatten().nonzero().squeeze(1));
}

template <typename Rows>
torch::Tensor tensor_of(const json& rows) {
  const auto values = rows.get<Rows>();
  std::vector<torch::Tensor> tensors;
  for (const auto& row : values) tensors.push_back(torch::tensor(row));
  return torch::stack(tensors);
}

void expect_near(const torch::Tensor& actual, const torch::Tensor& expected, double tolerance,
                 const std::string& what) {
  ASSERT_EQ(actual.sizes(), expected.sizes()) << what;
  EXPECT_LT((actual.to(torch::kFloat64) - expected.to(torch::kFloat64)).abs().max().item<double>(), tolerance) << what;
}

void expect_logits(Model& model, const json& expected, const SequenceBatch& batch, double tolerance) {
  const torch::NoGradGuard no_gradients;
  const torch::Tensor logits = position_major(model.logits(batch), batch.target_lengths);
  expect_near(logits.slice(1, 0, 16), tensor_of<std::vector<std::vector<double>>>(expected.at("logits_first_16_words")),
              tolerance, "logits");
  expect_near(logits.logsumexp(1), torch::tensor(expected.at("logsumexp").get<std::vector<double>>()), tolerance,
              "log-sum-exp");
  const torch::Tensor top = tensor_of<Sequences>(expected.at("top5_ids"));
  expect_near(logits.gather(1, top), tensor_of<std::vector<std::vector<double>>>(expected.at("top5_logits")), tolerance,
              "largest logits");
  const double tokens = (batch.target_lengths - 1).sum().item<double>();
  EXPECT_NEAR(model.loss(batch).cross_entropy.item<double>() / tokens, expected.at("mean_cross_entropy").get<double>(),
              tolerance);
  const torch::Tensor encoded = model.encoder_output(batch.source, batch.source_lengths)[0][0];
  expect_near(encoded,
              torch::tensor(expected.at("encoder_output_first_example_first_position").get<std::vector<double>>()),
              tolerance, "encoder output");
}

class ReferenceModels : public testing::TestWithParam<std::string> {
 protected:
  ReferenceModels() {
    PluginLoader loader({MATSEQ_PLUGIN_DIR});
    const auto encoder = [&](const char* key) {
      const EncodingSpec spec = parse_encoding(architecture_.at(key).get<std::string>(), "test");
      return loader.make_encoder(spec.plugin, spec.table);
    };
    vocabulary_ = std::make_unique<Vocabulary>(*encoder("input_encoding"), *encoder("output_encoding"));
  }

  DecodingOptions options(std::int64_t beam_size) const {
    DecodingOptions options;
    options.max_output_length = architecture_.at("max_output_len");
    options.beam_size = beam_size;
    return options;
  }

  std::vector<std::string> to_tokens(const TokenSequence& sequence) const {
    std::vector<std::string> tokens;
    for (const std::int64_t id : sequence) tokens.push_back(vocabulary_->token(static_cast<TokenId>(id)));
    return tokens;
  }

  json expected_ = read_expected(GetParam());
  json architecture_ = expected_.at("architecture");
  SequenceBatch batch_ = batch_of(expected_);
  std::unique_ptr<Model> model_ = make_like(architecture_, read_reference_checkpoint(folder / (GetParam() + ".pth")));
  std::unique_ptr<Vocabulary> vocabulary_;
};

TEST_P(ReferenceModels, Logits) { expect_logits(*model_, expected_, batch_, 1e-4); }

TEST_P(ReferenceModels, CrossEntropyOfExamples) {
  const TeacherForcedScores scores = score_teacher_forced(*model_, batch_);
  double sum = 0;
  for (const double entropy : scores.cross_entropy) sum += entropy;
  const double tokens = (batch_.target_lengths - 1).sum().item<double>();
  EXPECT_NEAR(sum / tokens, expected_.at("mean_cross_entropy").get<double>(), 1e-4);
}

TEST_P(ReferenceModels, GreedyDecoding) {
  const std::vector<TokenSequence> decoded = decode_greedy(*model_, batch_.source, batch_.source_lengths, options(1));
  const json& expected = expected_.at("greedy_tokens");
  ASSERT_EQ(decoded.size(), expected.size());
  for (std::size_t i = 0; i < decoded.size(); ++i) {
    EXPECT_EQ(to_tokens(decoded[i]), expected[i].get<std::vector<std::string>>()) << "sentence " << i;
  }
}

TEST_P(ReferenceModels, BeamSearch) {
  for (const auto& [beam_size, expected] : expected_.at("beam").items()) {
    const auto decoded = decode_beam(*model_, batch_.source, batch_.source_lengths, options(std::stoll(beam_size)));
    ASSERT_EQ(decoded.size(), expected.size());
    for (std::size_t i = 0; i < decoded.size(); ++i) {
      ASSERT_EQ(decoded[i].size(), expected[i].size());
      for (std::size_t rank = 0; rank < decoded[i].size(); ++rank) {
        const json& hypothesis = expected[i][rank];
        EXPECT_EQ(to_tokens(decoded[i][rank].tokens), hypothesis.at("tokens").get<std::vector<std::string>>())
            << "beam " << beam_size << " sentence " << i << " rank " << rank;
        EXPECT_NEAR(decoded[i][rank].score, hypothesis.at("score").get<double>(), 1e-4);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, ReferenceModels,
                         testing::Values("p1000_shared", "fp15_p10_cotraining", "b1999_sinusoidal_untied"),
                         [](const auto& instance) { return instance.param; });

TEST(HalfPrecisionCheckpoint, ScoresAsItsFloat32Original) {
  const json expected = read_expected("b1999_sinusoidal_untied");
  const auto model =
      make_like(expected.at("architecture"), read_reference_checkpoint(folder / "b1999_multi_gpu_half.pth"));
  expect_logits(*model, expected, batch_of(expected), 2e-3);
}

}  // namespace
}  // namespace matseq
