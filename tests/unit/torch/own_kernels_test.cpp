// On one thread of a CPU models compute by kernels of their own what LibTorch's operations compute.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "libtorch_threads.h"
#include "make_model.h"

namespace matseq {
namespace {

struct ModelCase {
  std::string name;
  std::string plugin;
  test::ParameterEntries entries;
};

class OwnKernels : public ::testing::TestWithParam<ModelCase> {
 protected:
  OwnKernels() { torch::manual_seed(5); }

  static std::unique_ptr<Model> make() {
    const ModelSetup setup = {.vocabulary_size = 30, .longest_source = 24, .longest_target = 24};
    return test::make_model_of(GetParam().plugin, setup, GetParam().entries);
  }

  static std::vector<std::vector<std::int64_t>> sequences(const std::vector<std::int64_t>& lengths) {
    std::vector<std::vector<std::int64_t>> all;
    for (const std::int64_t length : lengths) {
      const torch::Tensor tokens = torch::randint(2, 30, {length}, torch::kInt64);
      all.emplace_back(tokens.data_ptr<std::int64_t>(), tokens.data_ptr<std::int64_t>() + length);
      all.back().front() = all.back().back() = 0;
    }
    return all;
  }
};

struct Computed {
  torch::Tensor logits;
  torch::Tensor loss;
  std::vector<torch::Tensor> gradients;
  torch::Tensor stepped;
};

Computed compute(Model& model, const SequenceBatch& batch) {
  const Loss loss = model.loss(batch);
  Computed computed{model.logits(batch).detach(), total(loss).detach(), {}, {}};
  total(loss).backward();
  for (const torch::Tensor& parameter : model.module().parameters()) {
    computed.gradients.push_back(parameter.grad().clone());
    parameter.mutable_grad().reset();
  }
  const torch::NoGradGuard no_gradients;
  model.module().eval();
  const auto sources = model.encode(batch.source, batch.source_lengths);
  const auto decoder = sources->decode(torch::tensor({2, 0}, torch::kInt64), 3);
  decoder->step(torch::tensor({0, 0}, torch::kInt64));
  computed.stepped = decoder->step(torch::tensor({5, 7}, torch::kInt64));
  return computed;
}

TEST_P(OwnKernels, ComputeWhatLibTorchComputes) {
  const auto model = make();
  for (const auto& [source, target] : {std::pair(sequences({9, 3, 20, 2}), sequences({4, 11, 5, 17})),
                                       std::pair(sequences({9, 9, 9}), sequences({6, 6, 6}))}) {
    const SequenceBatch batch = test::make_batch(source, target);
    Computed own, expected;
    {
      const test::LibTorchThreads threads(1);
      own = compute(*model, batch);
    }
    {
      const test::LibTorchThreads threads(2);
      expected = compute(*model, batch);
    }
    const auto close = [](const torch::Tensor& one, const torch::Tensor& other) {
      return torch::allclose(one, other, 1e-3, 1e-5);
    };
    for (std::int64_t row = 0; row < batch.target.size(0); ++row) {
      const std::int64_t length = batch.target_lengths[row].item<std::int64_t>() - 1;
      EXPECT_TRUE(close(own.logits[row].slice(0, 0, length), expected.logits[row].slice(0, 0, length))) << row;
    }
    EXPECT_TRUE(close(own.loss, expected.loss)) << own.loss << expected.loss;
    EXPECT_TRUE(close(own.stepped, expected.stepped));
    const auto names = model->module().named_parameters();
    for (std::size_t i = 0; i < own.gradients.size(); ++i) {
      EXPECT_TRUE(close(own.gradients[i], expected.gradients[i]))
          << names[i].key() << ": " << (own.gradients[i] - expected.gradients[i]).abs().max();
    }
  }
}

test::ParameterEntries with(const test::ParameterEntries& more) {
  test::ParameterEntries entries = {{"width", std::int64_t{32}}, {"heads", std::int64_t{2}}};
  entries.insert(entries.end(), more.begin(), more.end());
  return entries;
}

INSTANTIATE_TEST_SUITE_P(
    Models, OwnKernels,
    ::testing::Values(
        ModelCase{"decoder_only", "decoder_only", with({{"layers", std::int64_t{2}}})},
        ModelCase{"causal", "decoder_only", with({{"layers", std::int64_t{2}}, {"prefix", false}})},
        ModelCase{"encoder_only", "encoder_only", with({{"layers", std::int64_t{2}}})},
        ModelCase{"modern", "modern_transformer",
                  with({{"encoder_layers", std::int64_t{2}}, {"decoder_layers", std::int64_t{2}}})},
        ModelCase{"universal", "universal_transformer",
                  with({{"decoder_loops", std::int64_t{2}},
                        {"adaptive", std::string("both")},
                        {"gate", std::string("channel")}})},
        ModelCase{"lstm", "rnn", {{"width", std::int64_t{32}}, {"layers", std::int64_t{2}}}},
        ModelCase{
            "gru", "rnn", {{"width", std::int64_t{32}}, {"layers", std::int64_t{2}}, {"cell", std::string("gru")}}},
        ModelCase{"lstm_one_way", "rnn", {{"width", std::int64_t{24}}, {"bidirectional", false}, {"attention", false}}},
        ModelCase{"gru_one_way",
                  "rnn",
                  {{"width", std::int64_t{24}}, {"bidirectional", false}, {"cell", std::string("gru")}}}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace matseq
