// The transformer plugin against itself: every fast path computes what the plain one does.
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "decoding/evaluation_mode.h"
#include "evaluation/teacher_forcing.h"
#include "make_model.h"
#include "matseq/error.h"

namespace matseq {
namespace {

using Sequences = std::vector<std::vector<std::int64_t>>;

constexpr std::int64_t vocabulary = 23;
constexpr std::int64_t longest = 12;

std::unique_ptr<Model> make(const test::ParameterEntries& further = {}, std::uint64_t seed = 1) {
  test::ParameterEntries entries{{"encoder.layers", std::int64_t{2}}, {"encoder.width", std::int64_t{12}},
                                 {"encoder.heads", std::int64_t{3}},  {"decoder.layers", std::int64_t{2}},
                                 {"decoder.width", std::int64_t{8}},  {"decoder.heads", std::int64_t{2}},
                                 {"positions", std::int64_t{16}}};
  entries.insert(entries.end(), further.begin(), further.end());
  return test::make_transformer({vocabulary, longest, longest}, entries, seed);
}

// Random sequences of these numbers of tokens.
Sequences random_sequences(const std::vector<std::int64_t>& lengths) {
  Sequences sequences;
  for (const std::int64_t length : lengths) {
    const torch::Tensor tokens = torch::randint(2, vocabulary, {length}, torch::kInt64);
    tokens[0] = 0;
    tokens[length - 1] = 0;
    sequences.emplace_back(tokens.data_ptr<std::int64_t>(), tokens.data_ptr<std::int64_t>() + length);
  }
  return sequences;
}

SequenceBatch padded_batch() {
  return test::make_batch(random_sequences({7, 4, 9, 9, 2}), random_sequences({5, 8, 3, 2, 6}));
}

void expect_close(const torch::Tensor& actual, const torch::Tensor& expected, const std::string& what) {
  ASSERT_EQ(actual.sizes(), expected.sizes()) << what;
  EXPECT_TRUE(torch::allclose(actual, expected, 1e-4, 1e-5)) << what << ": " << (actual - expected).abs().max();
}

std::set<std::string> names(Model& model) {
  std::set<std::string> result;
  for (const auto& item : model.module().named_parameters()) result.insert(item.key());
  return result;
}

TEST(Transformer, NamesItsParametersAsTheReferenceDoes) {
  std::set<std::string> expected;
  const auto add = [&](const std::string& prefix, const std::vector<std::string>& modules) {
    for (const std::string& module : modules) {
      expected.insert(prefix + module + ".weight");
      expected.insert(prefix + module + ".bias");
    }
  };
  for (const std::string stack : {"encoder.", "decoder."}) {
    expected.insert({stack + "position_embeddings.weight", stack + "embeddings.weight"});
    add(stack, {"layer_norm_emb"});
    for (const std::string layer : {"layers.0.", "layers.1."}) {
      add(stack + layer + "self_attention.", {"q_lin", "k_lin", "v_lin", "out_lin"});
      add(stack + layer, {"layer_norm1", "ffn.lin1", "ffn.lin2", "layer_norm2"});
      if (stack == "encoder.") continue;
      add(stack + layer + "cross_attention.", {"q_lin", "k_lin", "v_lin", "out_lin"});
      add(stack + layer, {"layer_norm15"});
    }
  }
  expected.insert("decoder.proj.bias");
  EXPECT_EQ(names(*make()), expected) << "tied";
  expected.insert("decoder.proj.weight");
  EXPECT_EQ(names(*make({{"share_inout_emb", false}})), expected) << "untied";
  expected.erase("encoder.position_embeddings.weight");
  expected.erase("decoder.position_embeddings.weight");
  const auto sinusoidal = make({{"share_inout_emb", false}, {"sinusoidal_embeddings", true}});
  EXPECT_EQ(names(*sinusoidal), expected) << "sinusoidal tables are not trained";
  EXPECT_TRUE(sinusoidal->module().named_buffers().contains("decoder.position_embeddings.weight"));
}

TEST(Transformer, HasTheInitialValuesOfTheReference) {
  const auto model = test::make_transformer({3000, longest, longest}, {{"encoder.width", std::int64_t{64}},
                                                                       {"encoder.layers", std::int64_t{1}},
                                                                       {"decoder.width", std::int64_t{16}},
                                                                       {"positions", std::int64_t{4096}}});
  const auto parameters = model->module().named_parameters();
  for (const auto& [name, width] : {std::pair<std::string, double>{"encoder.embeddings.weight", 64},
                                    {"encoder.position_embeddings.weight", 64},
                                    {"decoder.embeddings.weight", 16},
                                    {"decoder.position_embeddings.weight", 16}}) {
    const torch::Tensor values = parameters[name];
    EXPECT_NEAR(values.std().item<double>() * std::sqrt(width), 1, 0.02) << name;
    EXPECT_EQ(values[1].eq(0).all().item<bool>(), name.find("position") == std::string::npos) << name;
    EXPECT_FALSE(values[0].eq(0).any().item<bool>()) << name;
  }
  const double largest = parameters["decoder.proj.bias"].abs().max().item<double>();
  EXPECT_LE(largest, 0.25);
  EXPECT_GT(largest, 0.24);
}

TEST(Transformer, RefusesImpossibleSizes) {
  const auto message = [](const test::ParameterEntries& entries) -> std::string {
    try {
      make(entries);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(message({{"encoder.heads", std::int64_t{5}}}).find("encoder.heads': a width of 12"), std::string::npos);
  EXPECT_NE(message({{"decoder.heads", std::int64_t{3}}}).find("decoder.heads': a width of"), std::string::npos);
  EXPECT_NE(message({{"positions", std::int64_t{11}}}).find("positions': 11 are too few"), std::string::npos);
  EXPECT_NE(message({{"dropout", 1.5}}).find("dropout"), std::string::npos);
}

TEST(Transformer, RefusesSequencesBeyondItsPositions) {
  const auto model = make();
  const SequenceBatch batch = test::make_batch(random_sequences({17}), random_sequences({4}));
  EXPECT_THROW(model->logits(batch), Error);
}

TEST(Transformer, MasksChangeNothingWithoutPadding) {
  const auto model = make();
  SequenceBatch batch = test::make_batch(random_sequences({6, 6, 6}), random_sequences({7, 7, 7}));
  ASSERT_FALSE(batch.source_padded || batch.target_padded);
  const torch::Tensor logits = model->logits(batch), loss = model->loss(batch).cross_entropy;
  batch.source_padded = batch.target_padded = true;
  expect_close(model->logits(batch), logits, "logits");
  expect_close(model->loss(batch).cross_entropy, loss, "loss");
}

TEST(Transformer, PaddingChangesNothing) {
  const auto model = make();
  const SequenceBatch batch = padded_batch();
  const torch::Tensor logits = model->logits(batch);
  for (std::int64_t row = 0; row < batch.source.size(0); ++row) {
    const std::int64_t source = batch.source_lengths[row].item<std::int64_t>();
    const std::int64_t target = batch.target_lengths[row].item<std::int64_t>();
    const SequenceBatch alone{batch.source[row].slice(0, 0, source).unsqueeze(0),
                              batch.source_lengths.slice(0, row, row + 1),
                              batch.target[row].slice(0, 0, target).unsqueeze(0),
                              batch.target_lengths.slice(0, row, row + 1),
                              false,
                              false};
    expect_close(logits[row].slice(0, 0, target - 1), model->logits(alone)[0], "row " + std::to_string(row));
  }
}

TEST(Transformer, PaddingRowOfTheEncoderGetsNoGradient) {
  const auto model = make();
  model->loss(padded_batch()).cross_entropy.backward();
  const torch::Tensor gradient = model->module().named_parameters()["encoder.embeddings.weight"].grad();
  EXPECT_TRUE(gradient[1].eq(0).all().item<bool>());
  EXPECT_TRUE(gradient[0].ne(0).any().item<bool>());
}

TEST(Transformer, LossAndItsGradientsAreThoseOfTheLogits) {
  const auto model = make();
  for (const SequenceBatch& batch :
       {padded_batch(), test::make_batch(random_sequences({6, 6}), random_sequences({7, 7}))}) {
    const auto gradients = [&](const torch::Tensor& loss) {
      return torch::autograd::grad({loss}, model->module().parameters());
    };
    const torch::Tensor plain = model->Model::loss(batch).cross_entropy, fast = model->loss(batch).cross_entropy;
    EXPECT_EQ(fast.dim(), 0);
    expect_close(fast, plain, "loss");
    const auto expected = gradients(plain), actual = gradients(fast);
    for (std::size_t i = 0; i < expected.size(); ++i)
      expect_close(actual[i], expected[i], "gradient " + std::to_string(i));
  }
}

// One layer each of width 2, 10 tokens, 3 tokens of the source, 2 of the target read. Multiplications: encoder 3 12 2^2
// in its layers and 2 3^2 2 in attention; decoder 2 14 2^2, 2 2 (2 + 3) 2 and 3 2 2^2 for the source's keys and values;
// output 2 2 10.
TEST(Transformer, CountsItsOperations) {
  const std::int64_t one = 1, two = 2;
  const auto model = test::make_transformer({10, longest, longest}, {{"encoder.layers", one},
                                                                     {"encoder.width", two},
                                                                     {"encoder.heads", one},
                                                                     {"decoder.layers", one},
                                                                     {"decoder.width", two},
                                                                     {"decoder.heads", one}});
  EXPECT_EQ(model->operations(3, 3), 2 * ((144 + 36) + (112 + 40 + 24) + 40));
}

TEST(Transformer, LaterTargetTokensDoNotMatter) {
  const auto model = make();
  SequenceBatch batch = test::make_batch(random_sequences({6}), random_sequences({7}));
  const torch::Tensor logits = model->logits(batch).slice(1, 0, 3);
  batch.target = batch.target.clone();
  batch.target.slice(1, 3).fill_(5);
  expect_close(model->logits(batch).slice(1, 0, 3), logits, "first three");
}

TEST(Transformer, CachedDecodingGivesTheLogits) {
  for (const bool tied : {true, false}) {
    const auto model = make({{"share_inout_emb", tied}});
    const EvaluationMode evaluation_mode(*model);
    const SequenceBatch batch = test::make_batch(random_sequences({7, 4, 9, 2}), random_sequences({8, 8, 8, 8}));
    const torch::Tensor logits = model->logits(batch);
    const auto decoding = test::decode(*model, batch, 7);
    for (std::int64_t step = 0; step < 7; ++step) {
      expect_close(decoding->step(batch.target.select(1, step)), logits.select(1, step),
                   "step " + std::to_string(step));
    }
    EXPECT_THROW(decoding->step(batch.target.select(1, 7)), Error);
  }
}

// Rows chosen before the first step and between later ones: permuted, repeated evenly (as a beam) and unevenly,
// dropped.
TEST(Transformer, SelectedRowsGoOnAsTheirOriginals) {
  const auto model = make();
  const EvaluationMode evaluation_mode(*model);
  const SequenceBatch batch = test::make_batch(random_sequences({7, 4, 9, 2}), random_sequences({9, 9, 9, 9}));
  const std::vector<std::vector<std::int64_t>> selections = {{0, 1, 2, 3},
                                                             {0, 0, 1, 1, 2, 2, 3, 3},  // two beams each
                                                             {1, 0, 2, 2, 5, 4, 6, 7},  // beams reordered
                                                             {0, 1, 4, 5, 6, 7},        // a sentence dropped
                                                             {5, 4, 3, 2, 1, 0, 0, 0},
                                                             {7, 2, 2, 0, 1},
                                                             {4},
                                                             {0, 0, 0}};
  // Which sentence and which tokens each row has come from.
  torch::Tensor sentences = torch::arange(4);
  torch::Tensor tokens = torch::empty({4, 0}, torch::kInt64);
  const auto decoding = test::decode(*model, batch, 8);
  for (std::size_t step = 0; step < selections.size(); ++step) {
    const torch::Tensor rows = torch::tensor(selections[step], torch::kInt64);
    decoding->select(rows);
    sentences = sentences.index_select(0, rows);
    const torch::Tensor next = step == 0 ? torch::zeros({rows.size(0)}, torch::kInt64)
                                         : torch::randint(2, vocabulary, {rows.size(0)}, torch::kInt64);
    tokens = torch::cat({tokens.index_select(0, rows), next.unsqueeze(1)}, 1);
    const torch::Tensor target = torch::cat({tokens, torch::zeros({rows.size(0), 1}, torch::kInt64)}, 1);
    const SequenceBatch same{batch.source.index_select(0, sentences),
                             batch.source_lengths.index_select(0, sentences),
                             target,
                             torch::full({rows.size(0)}, target.size(1)),
                             true,
                             false};
    expect_close(decoding->step(next), model->logits(same).select(1, -1), "step " + std::to_string(step));
  }
}

TEST(Transformer, DropoutActsInTrainingOnly) {
  const auto plain = make();
  const SequenceBatch batch = padded_batch();
  for (const char* name : {"dropout", "attention_dropout"}) {
    const auto model = make({{name, 0.5}});
    EXPECT_FALSE(torch::equal(model->logits(batch), model->logits(batch))) << name;
    const EvaluationMode evaluation_mode(*model);
    expect_close(model->logits(batch), plain->logits(batch).detach(), name);
  }
}

TEST(Transformer, EncodesWithZerosAtPadding) {
  const auto model = make();
  const SequenceBatch batch = padded_batch();
  const torch::Tensor encoded = model->encoder_output(batch.source, batch.source_lengths);
  ASSERT_EQ(encoded.sizes(), torch::IntArrayRef({5, 9, 12}));
  EXPECT_TRUE(encoded[1].slice(0, 4).eq(0).all().item<bool>());
  EXPECT_TRUE(encoded[1].slice(0, 0, 4).ne(0).all().item<bool>());
}

TEST(Transformer, SameSeedSameModel) {
  const SequenceBatch batch = padded_batch();
  const torch::Tensor logits = make({}, 7)->logits(batch);
  EXPECT_TRUE(torch::equal(make({}, 7)->logits(batch), logits));
  EXPECT_FALSE(torch::equal(make({}, 8)->logits(batch), logits));
}

TEST(TeacherForcing, ScoresEveryExample) {
  const auto model = make();
  SequenceBatch batch = padded_batch();
  // The likeliest tokens of the second example become its target, token by token.
  const EvaluationMode evaluation_mode(*model);
  for (std::int64_t position = 1; position < 8; ++position) {
    batch.target[1][position] = model->logits(batch)[1][position - 1].argmax();
  }
  const torch::Tensor logits = model->logits(batch);
  const TeacherForcedScores scores = score_teacher_forced(*model, batch);
  for (std::int64_t row = 0; row < 5; ++row) {
    double entropy = 0;
    bool perfect = true;
    for (std::int64_t i = 1; i < batch.target_lengths[row].item<std::int64_t>(); ++i) {
      const torch::Tensor of_token = torch::log_softmax(logits[row][i - 1].to(torch::kFloat64), 0);
      entropy -= of_token[batch.target[row][i]].item<double>();
      perfect = perfect && of_token.argmax().item<std::int64_t>() == batch.target[row][i].item<std::int64_t>();
    }
    EXPECT_NEAR(scores.cross_entropy[static_cast<std::size_t>(row)], entropy, 1e-5) << row;
    EXPECT_EQ(scores.perfect[static_cast<std::size_t>(row)], perfect) << row;
  }
  EXPECT_TRUE(scores.perfect[1]);
  EXPECT_FALSE(scores.perfect[0]);
}

}  // namespace
}  // namespace matseq
