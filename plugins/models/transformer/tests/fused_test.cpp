// The fused passes on the CPU against LibTorch's operations.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "device/autocast.h"
#include "libtorch_threads.h"
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
    const torch::Tensor tokens = torch::randint(0, vocabulary, {length}, torch::kInt64);
    sequences.emplace_back(tokens.data_ptr<std::int64_t>(), tokens.data_ptr<std::int64_t>() + length);
  }
  return sequences;
}

std::unique_ptr<Model> make(test::ParameterEntries entries, bool fused) {
  entries.emplace_back("fused", fused);
  return test::make_transformer({vocabulary, longest, longest}, entries);
}

// Two models with the same parameters, which compute in different ways.
struct Pair {
  std::unique_ptr<Model> fused;
  std::unique_ptr<Model> plain;

  explicit Pair(const test::ParameterEntries& entries) : fused(make(entries, true)), plain(make(entries, false)) {
    // Away from the initial values, where biases and gains do not show.
    const torch::NoGradGuard no_gradients;
    const auto theirs = plain->module().parameters(), ours = fused->module().parameters();
    for (std::size_t i = 0; i < theirs.size(); ++i) {
      theirs[i].add_(torch::randn_like(theirs[i]), 0.05);
      ours[i].copy_(theirs[i]);
    }
  }
};

// Of the plain model by LibTorch's record of its operations, of the fused one without.
double add_gradients(Model& model, const SequenceBatch& batch, double scale) {
  if (const std::optional<Loss> loss = model.add_gradients(batch, scale, MicroBatches::whole(batch))) {
    return loss->cross_entropy.sum().item<double>();
  }
  const torch::Tensor loss = model.loss(batch).cross_entropy;
  (loss * scale).backward();
  return loss.item<double>();
}

double predicted_tokens(const SequenceBatch& batch) { return (batch.target_lengths - 1).sum().item<double>(); }

void expect_same_loss(const test::ParameterEntries& entries, const SequenceBatch& batch) {
  const Pair models(entries);
  ASSERT_TRUE(models.fused->add_gradients(batch, 0, MicroBatches::whole(batch)).has_value()) << "not fused";
  ASSERT_FALSE(models.plain->add_gradients(batch, 0, MicroBatches::whole(batch)).has_value());
  const double tokens = predicted_tokens(batch), scale = 0.7 / tokens;
  EXPECT_NEAR(add_gradients(*models.fused, batch, scale) / tokens, add_gradients(*models.plain, batch, scale) / tokens,
              2e-6);
  const auto ours = models.fused->module().parameters();
  const auto theirs = models.plain->module().named_parameters();
  ASSERT_EQ(ours.size(), theirs.size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const std::string& name = theirs[i].key();
    ASSERT_TRUE(ours[i].grad().defined()) << name;
    const torch::Tensor &found = ours[i].grad(), of_plain = theirs[i].value().grad();
    const torch::Tensor expected = of_plain.defined() ? of_plain : torch::zeros_like(found);
    EXPECT_TRUE(torch::allclose(found, expected, 1e-3, 2e-6)) << name << ": " << (found - expected).abs().max();
  }
}

void expect_same_scores(const test::ParameterEntries& entries, const SequenceBatch& batch) {
  const Pair models(entries);
  const TeacherForcedScores ours = test::score(*models.fused, batch), theirs = test::score(*models.plain, batch);
  ASSERT_EQ(ours.cross_entropy.size(), theirs.cross_entropy.size());
  for (std::size_t i = 0; i < theirs.cross_entropy.size(); ++i) {
    EXPECT_NEAR(ours.cross_entropy[i], theirs.cross_entropy[i], 1e-6 * theirs.cross_entropy[i]) << i;
  }
  EXPECT_EQ(ours.perfect, theirs.perfect);
}

// Feeds both the same tokens through changes of rows like those of greedy decoding and of beams.
void expect_same_decoding(const test::ParameterEntries& entries, const SequenceBatch& batch) {
  const torch::NoGradGuard no_gradients;
  const Pair models(entries);
  const auto ours = test::decode(*models.fused, batch, longest);
  const auto theirs = test::decode(*models.plain, batch, longest);
  const auto likeliest = test::decode(*models.fused, batch, longest);
  std::int64_t rows = batch.source.size(0);
  torch::Tensor tokens = torch::zeros({rows}, torch::kInt64);
  for (std::int64_t step = 0; step < longest; ++step) {
    const torch::Tensor expected = theirs->step(tokens), found = ours->step(tokens);
    ASSERT_EQ(found.sizes(), expected.sizes());
    ASSERT_TRUE(torch::allclose(found, expected, 1e-4, 1e-5)) << step << ": " << (found - expected).abs().max();
    EXPECT_TRUE(torch::equal(likeliest->likeliest(tokens), found.argmax(1)));
    torch::Tensor chosen = torch::arange(rows);
    if (step == 2) chosen = chosen.repeat_interleave(3);                           // a beam of each
    if (step == 5) chosen = torch::arange(rows).view({-1, 3}).flip(1).view({-1});  // its rows change places
    if (step == 9) chosen = torch::randint(0, rows, {rows + 1}, torch::kInt64);    // anything
    if (step == 20) chosen = torch::arange(1, rows, 2);                            // some end
    if (chosen.size(0) != rows || step == 5) {
      ours->select(chosen);
      theirs->select(chosen);
      likeliest->select(chosen);
    }
    rows = chosen.size(0);
    tokens = torch::randint(0, vocabulary, {rows}, torch::kInt64);
  }
  EXPECT_THROW(ours->step(tokens), Error);
}

test::ParameterEntries sizes(std::int64_t encoder_width, std::int64_t decoder_width, std::int64_t heads) {
  return {{"encoder.layers", std::int64_t{2}}, {"encoder.width", encoder_width}, {"encoder.heads", heads},
          {"decoder.layers", std::int64_t{2}}, {"decoder.width", decoder_width}, {"decoder.heads", heads}};
}

std::vector<SequenceBatch> batches() {
  return {test::make_batch(random_sequences({7, 4, 40, 9, 2, 17}), random_sequences({5, 8, 3, 2, 40, 33})),  // ragged
          test::make_batch(random_sequences({9, 9}), random_sequences({12, 12})),                            // equal
          test::make_batch(random_sequences(std::vector<std::int64_t>(30, 30)),
                           random_sequences(std::vector<std::int64_t>(30, 40)))};  // more than a piece
}

struct NetworkCase {
  std::string name;
  test::ParameterEntries entries;
};

void PrintTo(const NetworkCase& network, std::ostream* stream) { *stream << network.name; }

class Fused : public testing::TestWithParam<NetworkCase> {};

TEST_P(Fused, LossAndGradientsAreThoseOfLibTorchsOperationsToRounding) {
  for (const int threads : {1, 3}) {
    const test::LibTorchThreads set(threads);
    torch::manual_seed(1);
    for (const SequenceBatch& batch : batches()) expect_same_loss(GetParam().entries, batch);
  }
}

TEST_P(Fused, ScoresAreThoseOfLibTorchsOperationsToRounding) {
  torch::manual_seed(3);
  for (const SequenceBatch& batch : batches()) expect_same_scores(GetParam().entries, batch);
}

TEST_P(Fused, DecodingIsThatOfLibTorchsOperationsToRounding) {
  torch::manual_seed(4);
  for (const SequenceBatch& batch : batches()) expect_same_decoding(GetParam().entries, batch);
}

// The loss and all gradients, one after the other.
std::pair<double, torch::Tensor> loss_and_gradients(Model& model, const SequenceBatch& batch,
                                                    torch::ScalarType precision) {
  for (const torch::Tensor& parameter : model.module().parameters()) parameter.mutable_grad().reset();
  const double tokens = predicted_tokens(batch);
  const Autocast autocast(torch::kCPU, precision);
  const double loss = add_gradients(model, batch, 1 / tokens) / tokens;
  std::vector<torch::Tensor> gradients;
  for (const torch::Tensor& parameter : model.module().parameters()) gradients.push_back(parameter.grad().flatten());
  return {loss, torch::cat(gradients).clone()};
}

bool processor_has_bfloat16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

TEST_P(Fused, InBFloat16IsAsCloseToFloat32AsLibTorchsOperations) {
  if (!processor_has_bfloat16()) GTEST_SKIP() << "the processor has no products in bfloat16";
  torch::manual_seed(6);
  for (const SequenceBatch& batch : batches()) {
    const Pair models(GetParam().entries);
    const auto exact = loss_and_gradients(*models.plain, batch, torch::kFloat32);
    const auto theirs = loss_and_gradients(*models.plain, batch, torch::kBFloat16);
    const auto ours = loss_and_gradients(*models.fused, batch, torch::kBFloat16);
    const auto error = [&](const torch::Tensor& gradients) {
      return ((gradients - exact.second).norm() / exact.second.norm()).item<double>();
    };
    EXPECT_GT(error(ours.second), 1e-4) << "not in bfloat16";
    EXPECT_LT(error(ours.second), 1.5 * error(theirs.second));
    EXPECT_NEAR(ours.first, exact.first, 5e-3 * exact.first);
  }
}

TEST_P(Fused, ScoringAndDecodingInBFloat16AreCloseToFloat32) {
  if (!processor_has_bfloat16()) GTEST_SKIP() << "the processor has no products in bfloat16";
  torch::manual_seed(7);
  const SequenceBatch batch = batches().front();
  const torch::NoGradGuard no_gradients;
  const Pair models(GetParam().entries);
  const TeacherForcedScores exact = test::score(*models.plain, batch);
  const auto exact_decoding = test::decode(*models.plain, batch, longest);
  const Autocast autocast(torch::kCPU, torch::kBFloat16);
  const TeacherForcedScores scores = test::score(*models.fused, batch);
  for (std::size_t i = 0; i < exact.cross_entropy.size(); ++i) {
    EXPECT_NEAR(scores.cross_entropy[i], exact.cross_entropy[i], 0.02 * exact.cross_entropy[i]);
  }
  const auto decoding = test::decode(*models.fused, batch, longest);
  const torch::Tensor tokens = torch::zeros({batch.source.size(0)}, torch::kInt64);
  const torch::Tensor expected = exact_decoding->step(tokens), found = decoding->step(tokens);
  EXPECT_LT(((found - expected).norm() / expected.norm()).item<double>(), 0.02);
}

// Some of the encoded sources go on as if they had been encoded alone.
TEST_P(Fused, WhatIsEncodedOnceIsScoredAndDecodedAsTheLogitsSay) {
  torch::manual_seed(8);
  const torch::NoGradGuard no_gradients;
  const Pair models(GetParam().entries);
  for (const SequenceBatch& batch : batches()) {
    for (Model* model : {models.fused.get(), models.plain.get()}) {
      const std::unique_ptr<EncodedSource> sources = model->encode(batch.source, batch.source_lengths);
      const torch::Tensor rows = torch::tensor({batch.source.size(0) - 1, std::int64_t{0}});
      const auto found = sources->decode(rows, longest);
      const TeacherForcedScores scores = sources->score(batch.target, batch.target_lengths);
      test::OnlyLogits only_logits(*model);
      const TeacherForcedScores expected_scores = test::score(only_logits, batch);
      ASSERT_EQ(scores.cross_entropy.size(), expected_scores.cross_entropy.size());
      for (std::size_t i = 0; i < scores.cross_entropy.size(); ++i) {
        EXPECT_NEAR(scores.cross_entropy[i], expected_scores.cross_entropy[i], 2e-6 * scores.cross_entropy[i]);
      }
      SequenceBatch chosen = batch;
      chosen.source = batch.source.index_select(0, rows);
      chosen.source_lengths = batch.source_lengths.index_select(0, rows);
      const auto expected = test::decode(only_logits, chosen, longest);
      torch::Tensor tokens = torch::zeros({2}, torch::kInt64);
      for (int step = 0; step < 3; ++step) {
        const torch::Tensor logits = expected->step(tokens);
        EXPECT_TRUE(torch::allclose(found->step(tokens), logits, 1e-4, 1e-5));
        tokens = logits.argmax(1);
      }
      EXPECT_THROW(sources->decode(rows, longest + 1), Error);
    }
  }
}

test::ParameterEntries with(test::ParameterEntries entries, const std::string& name, bool value) {
  entries.emplace_back(name, value);
  return entries;
}

INSTANTIATE_TEST_SUITE_P(
    Networks, Fused,
    testing::Values(NetworkCase{"even widths", sizes(64, 64, 4)}, NetworkCase{"narrow decoder", sizes(24, 12, 4)},
                    NetworkCase{"odd widths", sizes(15, 33, 3)},
                    NetworkCase{"untied output", with(sizes(16, 16, 2), "share_inout_emb", false)},
                    NetworkCase{"frozen positions", with(sizes(16, 16, 2), "sinusoidal_embeddings", true)}));

// A model that foretells everything: its scores call targets of its own greedy decoding perfect, and no others.
TEST(FusedScores, TellWhatIsPerfect) {
  torch::manual_seed(5);
  const torch::NoGradGuard no_gradients;
  const Pair models(sizes(16, 16, 2));
  const SequenceBatch asked = test::make_batch(random_sequences({7, 4, 9, 12}), random_sequences({5, 5, 5, 5}));
  const auto decoding = test::decode(*models.plain, asked, longest);
  torch::Tensor target = torch::zeros({4, 1}, torch::kInt64);
  for (std::int64_t step = 0; step < 10; ++step) {
    target = torch::cat({target, decoding->step(target.select(1, step)).argmax(1, true)}, 1);
  }
  target[2][6] = (target[2][6] + 1) % vocabulary;
  target[3][10] = (target[3][10] + 1) % vocabulary;
  const torch::Tensor lengths = torch::tensor({11, 5, 11, 11}, torch::kInt64);
  const TeacherForcedScores scores = test::score(*models.fused, {asked.source, asked.source_lengths, target, lengths});
  EXPECT_EQ(scores.perfect, (std::vector<bool>{true, true, false, false}));
}

TEST(FusedScores, OfEqualTokensTheFirstIsTheLikeliest) {
  const torch::NoGradGuard no_gradients;
  const std::unique_ptr<Model> model = make(with(sizes(16, 16, 2), "share_inout_emb", false), true);
  for (torch::Tensor& parameter : model->module().parameters()) parameter.zero_();  // all tokens are as likely
  const SequenceBatch batch = test::make_batch({{0, 3, 0}, {0, 3, 0}}, {{0, 0, 0}, {0, 4, 0}});
  const TeacherForcedScores scores = test::score(*model, batch);
  EXPECT_EQ(scores.perfect, (std::vector<bool>{true, false}));
  EXPECT_NEAR(scores.cross_entropy[0], 2 * std::log(static_cast<double>(vocabulary)), 1e-5);
}

TEST(FusedPasses, RefuseTokensOutOfTheVocabulary) {
  const std::unique_ptr<Model> model = make(sizes(16, 16, 2), true);
  for (const std::int64_t token : {std::int64_t{-1}, vocabulary}) {
    EXPECT_THROW(add_gradients(*model, test::make_batch({{0, token, 0}}, {{0, 3, 0}}), 1), Error);
    EXPECT_THROW(add_gradients(*model, test::make_batch({{0, 3, 0}}, {{0, token, 0}}), 1), Error);
    EXPECT_THROW(add_gradients(*model, test::make_batch({{0, 3, 0}}, {{0, 3, token}}), 1), Error);
    EXPECT_THROW(test::score(*model, test::make_batch({{0, 3, 0}}, {{0, 3, token}})), Error);
    const SequenceBatch batch = test::make_batch({{0, 3, 0}}, {{0, 3, 0}});
    EXPECT_THROW(test::decode(*model, batch, longest)->step(torch::full({1}, token)), Error);
  }
}

}  // namespace
}  // namespace matseq
