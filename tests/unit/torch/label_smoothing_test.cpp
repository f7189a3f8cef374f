// Smoothed labels are what they are said to be, in every way to a loss and its gradients.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "make_model.h"
#include "run/tensors/model_tensors.h"
#include "training/batch_gradients.h"

namespace matseq {
namespace {

constexpr ModelSetup setup = {.vocabulary_size = 12, .longest_source = 10, .longest_target = 10};

SequenceBatch smoothed_batch(double share) {
  SequenceBatch batch = test::make_batch({{0, 5, 6, 7, 8, 0}, {0, 4, 9, 0}, {0, 3, 0}, {0, 8, 8, 0}},
                                         {{0, 4, 3, 0}, {0, 3, 7, 11, 5, 0}, {0, 10, 0}, {0, 2, 9, 0}});
  batch.label_smoothing = share;
  return batch;
}

std::unique_ptr<Model> make(bool fused) {
  test::ParameterEntries entries = {{"fused", fused}};
  for (const std::string stack : {"encoder", "decoder"}) {
    entries.emplace_back(stack + ".layers", std::int64_t{1});
    entries.emplace_back(stack + ".width", std::int64_t{16});
    entries.emplace_back(stack + ".heads", std::int64_t{2});
  }
  return test::make_transformer(setup, entries);
}

// The true token's probability is 1 - s + s / V, every other token's s / V (Szegedy et al., 2016, section 7).
TEST(LabelSmoothing, IsTheCrossEntropyOfSmoothedTargets) {
  const torch::NoGradGuard no_gradients;
  constexpr double share = 0.3;
  const SequenceBatch batch = smoothed_batch(share);
  const torch::Tensor logits = torch::randn({4, 5, setup.vocabulary_size});
  const torch::Tensor entropies = -logits.log_softmax(2);
  double expected = 0;
  for (std::int64_t row = 0; row < 4; ++row) {
    for (std::int64_t i = 0; i + 1 < batch.target_lengths[row].item<std::int64_t>(); ++i) {
      for (std::int64_t token = 0; token < setup.vocabulary_size; ++token) {
        const bool is_true = batch.target[row][i + 1].item<std::int64_t>() == token;
        const double probability = share / static_cast<double>(setup.vocabulary_size) + (is_true ? 1 - share : 0);
        expected += probability * entropies[row][i][token].item<double>();
      }
    }
  }
  EXPECT_NEAR(cross_entropy_sum(logits, batch).item<double>(), expected, 1e-4);
}

struct Formed {
  double loss;
  std::vector<torch::Tensor> gradients;
};

Formed form(bool fused, double share, const MicroBatches& cut) {
  const auto model = make(fused);
  const std::vector<NamedTensor> parameters = trained_parameters(*model);
  BatchGradients gradients(*model, parameters, torch::kCPU, torch::kFloat32, 1);
  const auto packed = gradients.begin_update(0);
  Formed formed{gradients.add(smoothed_batch(share), 0.25, cut).item<double>(), {}};
  for (const NamedTensor& parameter : parameters) formed.gradients.push_back(parameter.tensor.grad().clone());
  return formed;
}

TEST(LabelSmoothing, FusedLayersAndMicroBatchesHeedIt) {
  constexpr double share = 0.2;
  const MicroBatches whole = MicroBatches::whole(smoothed_batch(share));
  const Formed expected = form(false, share, whole);
  EXPECT_GT(expected.loss, form(false, 0, whole).loss + 0.01);
  for (const bool fused : {false, true}) {
    for (const MicroBatches& cut : {whole, MicroBatches{.begins = {0, 1, 2, 3, 4}, .of_update = 4}}) {
      const Formed found = form(fused, share, cut);
      EXPECT_NEAR(found.loss, expected.loss, 1e-4 * expected.loss) << fused << ' ' << cut.count();
      for (std::size_t i = 0; i < expected.gradients.size(); ++i) {
        EXPECT_TRUE(torch::allclose(found.gradients[i], expected.gradients[i], 1e-3, 1e-5))
            << fused << ' ' << cut.count() << ' ' << i;
      }
    }
  }
}

}  // namespace
}  // namespace matseq
