#include "training/batch_gradients.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>

#include "device/device_batch.h"
#include "device/single_threaded.h"
#include "libtorch_threads.h"
#include "make_model.h"
#include "run/tensors/model_tensors.h"
#include "threads/thread_team.h"
#include "training/micro_batches.h"

namespace matseq {
namespace {

constexpr std::int64_t tokens = 40;

std::vector<std::vector<std::int64_t>> random_sequences(std::size_t count, std::uint64_t seed) {
  torch::manual_seed(seed);
  std::vector<std::vector<std::int64_t>> sequences(count);
  for (auto& sequence : sequences) {
    const auto length = torch::randint(1, 9, {1}).item<std::int64_t>();
    const torch::Tensor inner = torch::randint(2, tokens, {length});
    sequence.push_back(0);
    for (std::int64_t i = 0; i < length; ++i) sequence.push_back(inner[i].item<std::int64_t>());
    sequence.push_back(0);
  }
  return sequences;
}

struct Outcome {
  double loss = 0;
  std::vector<torch::Tensor> gradients;
};

std::unique_ptr<Model> make_small(const test::ParameterEntries& more = {}) {
  test::ParameterEntries entries = {{"encoder.layers", std::int64_t{2}}, {"encoder.width", std::int64_t{16}},
                                    {"encoder.heads", std::int64_t{2}},  {"decoder.layers", std::int64_t{1}},
                                    {"decoder.width", std::int64_t{12}}, {"decoder.heads", std::int64_t{3}}};
  entries.insert(entries.end(), more.begin(), more.end());
  return test::make_transformer({tokens, 12, 12}, entries);
}

Outcome gradients_with(int threads, std::size_t examples, const test::ParameterEntries& more = {},
                       std::size_t micro_batches = 1, std::size_t batches = 1) {
  const test::LibTorchThreads set(threads);
  const std::unique_ptr<Model> model = make_small(more);
  const std::vector<NamedTensor> parameters = trained_parameters(*model);
  const SequenceBatch batch = test::make_batch(random_sequences(examples, 3), random_sequences(examples, 4));
  BatchGradients gradients(*model, parameters, torch::kCPU, torch::kFloat32, static_cast<std::size_t>(threads));
  Outcome outcome;
  const auto rows = static_cast<std::int64_t>(examples), a_batch = rows / static_cast<std::int64_t>(batches);
  for (const auto& [row, cut] : share_of_update(rows, micro_batches, a_batch)) {
    outcome.loss += gradients.add(batch_of_rows(batch, row, row + cut.begins.back()), 0.02, cut).item<double>();
  }
  for (const NamedTensor& parameter : parameters) outcome.gradients.push_back(parameter.tensor.grad());
  return outcome;
}

// The model's own way, and LibTorch's record of operations.
class BatchGradientsOf : public testing::TestWithParam<bool> {
 protected:
  static test::ParameterEntries entries() { return {{"fused", GetParam()}}; }
};

INSTANTIATE_TEST_SUITE_P(Unit, BatchGradientsOf, testing::Bool(),
                         [](const auto& fused) { return fused.param ? "FusedPasses" : "LibTorchsOperations"; });

TEST_P(BatchGradientsOf, ThreadsAndBatchesChangeNoBit) {
  for (const std::size_t micro_batches : {1, 4}) {
    const Outcome alone = gradients_with(1, 24, entries(), micro_batches);
    const auto expect_same = [&](const Outcome& found, const std::string& how) {
      EXPECT_EQ(found.loss, alone.loss) << how;
      for (std::size_t i = 0; i < alone.gradients.size(); ++i) {
        EXPECT_TRUE(torch::equal(found.gradients[i], alone.gradients[i])) << how << ", parameter " << i;
      }
    };
    for (const int threads : {2, 3}) {
      const std::string how = std::to_string(micro_batches) + " micro-batches, " + std::to_string(threads) + " threads";
      expect_same(gradients_with(threads, 24, entries(), micro_batches), how);
      for (std::size_t batches = 2; batches <= micro_batches; batches *= 2) {
        expect_same(gradients_with(threads, 24, entries(), micro_batches, batches),
                    how + ", " + std::to_string(batches) + " batches");
      }
    }
  }
}

TEST_P(BatchGradientsOf, MicroBatchesChangeRoundingOnly) {
  const Outcome whole = gradients_with(1, 24, entries());
  for (const std::size_t micro_batches : {2, 8, 16}) {
    const Outcome cut = gradients_with(1, 24, entries(), micro_batches);
    EXPECT_NEAR(cut.loss, whole.loss, 1e-5 * whole.loss);
    for (std::size_t i = 0; i < whole.gradients.size(); ++i) {
      EXPECT_TRUE(torch::allclose(cut.gradients[i], whole.gradients[i], 1e-4, 1e-6)) << micro_batches << ' ' << i;
    }
  }
  // Micro-batches may be larger than batches.
  const Outcome parts = gradients_with(2, 24, entries(), 2, 3);
  EXPECT_NEAR(parts.loss, whole.loss, 1e-5 * whole.loss);
  for (std::size_t i = 0; i < whole.gradients.size(); ++i) {
    EXPECT_TRUE(torch::allclose(parts.gradients[i], whole.gradients[i], 1e-4, 1e-6)) << i;
  }
}

// A batch is the sum of its parts, however many tokens these have.
TEST_P(BatchGradientsOf, PartsOfABatchAddUpToIt) {
  const auto gradients_of = [&](const std::vector<std::int64_t>& ends) {
    const std::unique_ptr<Model> model = make_small(entries());
    const std::vector<NamedTensor> parameters = trained_parameters(*model);
    BatchGradients gradients(*model, parameters, torch::kCPU, torch::kFloat32, 1);
    const SequenceBatch batch = test::make_batch(random_sequences(11, 3), random_sequences(11, 4));
    Outcome outcome;
    std::int64_t begin = 0;
    for (const std::int64_t end : ends) {
      const SequenceBatch part = rows_of(batch, begin, end);
      outcome.loss += gradients.add(part, 0.02, MicroBatches::whole(part)).item<double>();
      begin = end;
    }
    for (const NamedTensor& parameter : parameters) outcome.gradients.push_back(parameter.tensor.grad());
    return outcome;
  };
  const Outcome whole = gradients_of({11}), parts = gradients_of({2, 9, 11});
  EXPECT_NEAR(parts.loss, whole.loss, 1e-5 * whole.loss);
  for (std::size_t i = 0; i < whole.gradients.size(); ++i) {
    EXPECT_TRUE(torch::allclose(parts.gradients[i], whole.gradients[i], 1e-4, 1e-6)) << i;
  }
}

TEST(ShareOfUpdate, RanksHaveEveryExampleOnceInTheMicroBatchesOfTheUpdate) {
  for (const std::int64_t examples : {8, 24, 37}) {
    for (const std::int64_t micro_batches : {1, 2, 8}) {
      for (const std::int64_t batch_size : {1, 3, 5, 12, 37}) {
        for (std::int64_t ranks = 1; ranks <= micro_batches; ranks *= 2) {
          std::int64_t next = 0, completed = 0;
          for (std::int64_t rank = 0; rank < ranks; ++rank) {
            const std::int64_t own = micro_batches / ranks;
            std::int64_t of_rank = 0;
            for (const UpdateBatch& batch :
                 share_of_update(examples, static_cast<std::size_t>(micro_batches), batch_size,
                                 static_cast<std::size_t>(rank), static_cast<std::size_t>(ranks))) {
              ASSERT_EQ(batch.row, next);
              ASSERT_LE(batch.rows(), batch_size);
              ASSERT_EQ(batch.cut.of_update, static_cast<std::size_t>(own));
              ASSERT_EQ(batch.cut.begins.front(), 0);
              for (std::size_t i = 0; i < batch.cut.count(); ++i) {
                const std::int64_t number = rank * own + static_cast<std::int64_t>(batch.cut.first + i);
                const std::int64_t begin = number * examples / micro_batches;
                const std::int64_t end = (number + 1) * examples / micro_batches;
                const std::int64_t first = batch.row + batch.cut.begins[i], last = batch.row + batch.cut.begins[i + 1];
                EXPECT_LT(first, last);
                // A part of a micro-batch begins where it does for any rank.
                EXPECT_EQ((first - begin) % batch_size, 0);
                EXPECT_EQ(first > begin, i == 0 && batch.cut.continued);
                EXPECT_EQ(last < end, i + 1 == batch.cut.count() && batch.cut.open);
                if (last == end) ++of_rank;
              }
              next += batch.rows();
            }
            EXPECT_EQ(of_rank, own);
            completed += of_rank;
          }
          EXPECT_EQ(next, examples);
          EXPECT_EQ(completed, micro_batches);
        }
      }
    }
  }
}

// What is held for all threads must not outlive the update.
TEST(BatchGradients, PackedWeightsAreThoseOfTheParameters) {
  const std::unique_ptr<Model> model = make_small();
  const std::vector<NamedTensor> parameters = trained_parameters(*model);
  const SequenceBatch batch = test::make_batch(random_sequences(5, 3), random_sequences(5, 4));
  BatchGradients gradients(*model, parameters, torch::kCPU, torch::kFloat32, 1);
  const auto loss = [&] { return gradients.add(batch, 1, MicroBatches::whole(batch)).item<double>(); };
  const double before = loss();
  {
    const auto packed = gradients.begin_update(0);
    EXPECT_NE(packed, nullptr);
    EXPECT_EQ(loss(), before);
    EXPECT_EQ(test::score(*model, batch).cross_entropy, test::score(*model, batch).cross_entropy);
  }
  {
    const torch::NoGradGuard no_gradients;
    for (const NamedTensor& parameter : parameters) parameter.tensor.mul_(1.5);
  }
  const double after = loss();
  EXPECT_NE(after, before);
  const auto packed = gradients.begin_update(0);
  EXPECT_EQ(loss(), after);
}

// So is what an update draws whoever has drawn before, and however many micro-batches it has of the update.
TEST(BatchGradients, WhatAMicroBatchDrawsDependsOnItsNumberOnly) {
  const std::unique_ptr<Model> model = make_small({{"dropout", 0.3}});
  const std::vector<NamedTensor> parameters = trained_parameters(*model);
  const SequenceBatch batch = test::make_batch(random_sequences(8, 3), random_sequences(8, 4));
  BatchGradients gradients(*model, parameters, torch::kCPU, torch::kFloat32, 1, /*random_key=*/7);
  const auto loss = [&](std::uint64_t first, std::size_t micro_batches, std::size_t rank, std::size_t ranks) {
    double sum = 0;
    gradients.begin_update(first);
    for (const auto& [row, cut] : share_of_update(8, micro_batches, 8, rank, ranks)) {
      sum += gradients.add(batch_of_rows(batch, row, row + cut.begins.back()), 1, cut).item<double>();
    }
    return sum;
  };
  const double all = loss(8, 4, 0, 1);
  EXPECT_EQ(loss(8, 4, 0, 1), all);
  EXPECT_NE(loss(12, 4, 0, 1), all) << "the next update draws the same";
  EXPECT_EQ(loss(8, 4, 0, 2) + loss(10, 4, 1, 2), all);
}

TEST(BatchGradients, AModelWithDropoutIsUsedByOneThread) {
  const test::ParameterEntries dropout = {{"dropout", 0.3}};
  EXPECT_EQ(gradients_with(4, 8, dropout).loss, gradients_with(1, 8, dropout).loss);
}

// Stands in for a CUDA graph: does not work while it records, and the same work with the same memory on every replay.
class Repeated : public GraphCapture {
 public:
  Repeated(int& records, int& replays) : records_(records), replays_(replays) {}
  void record(const std::function<void()>& work) override {
    work_ = work;
    ++records_;
  }
  void replay() override {
    work_();
    ++replays_;
  }

 private:
  std::function<void()> work_;
  int& records_;
  int& replays_;
};

TEST(CapturedGradients, ReplaysGiveWhatThePassesGive) {
  const test::LibTorchThreads one(
      1);  // outside of a capture a micro-batch is one thread's, and sums of several have other bits
  const std::unique_ptr<Model> model = make_small({{"fused", false}});  // as on the devices that this is for
  const std::vector<NamedTensor> parameters = trained_parameters(*model);
  int records = 0, replays = 0;
  BatchGradients plain(*model, parameters, torch::kCPU, torch::kFloat32, 1);
  BatchGradients recorded(*model, parameters, torch::kCPU, torch::kFloat32, 1, 0,
                          [&] { return std::make_unique<Repeated>(records, replays); });
  const auto gradients_of = [&](BatchGradients& gradients, const std::vector<SequenceBatch>& batches) {
    Outcome outcome;
    double scale = 0.5;
    for (const SequenceBatch& batch : batches) {
      outcome.loss += gradients.add(batch, scale *= 0.5, MicroBatches::whole(batch)).item<double>();
    }
    for (const NamedTensor& parameter : parameters) {
      outcome.gradients.push_back(parameter.tensor.grad().clone());
      parameter.tensor.mutable_grad().reset();
    }
    return outcome;
  };
  for (std::uint64_t update = 0; update < 6; ++update) {
    // Two shapes in turn, and in the last updates two batches an update.
    const auto shape = [&](std::uint64_t number) {
      return std::vector<std::vector<std::int64_t>>(3, std::vector<std::int64_t>(4 + (update + number) % 2, 5));
    };
    const auto token = static_cast<std::int64_t>(2 + 5 * update);
    std::vector<SequenceBatch> batches(update >= 4 ? 2 : 1);
    batches.front() = test::make_batch(shape(0), {{0, token, 0}, {0, 2, 0}, {0, token + 1, 0}});
    if (update >= 4) batches.back() = test::make_batch(shape(1), shape(1));
    const Outcome expected = gradients_of(plain, batches), found = gradients_of(recorded, batches);
    EXPECT_EQ(found.loss, expected.loss);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      EXPECT_TRUE(torch::equal(found.gradients[i], expected.gradients[i])) << update << ' ' << parameters[i].name;
    }
    const torch::NoGradGuard no_gradients;
    for (const NamedTensor& parameter : parameters) parameter.tensor.sub_(expected.gradients[0].mean());  // an update
  }
  EXPECT_EQ(records, 2);  // one a shape, when it comes for the second time
  EXPECT_EQ(replays, 4);  // not in the first two updates, nor for the second batches of the last two
}

TEST(CapturedGradients, AModelThatCannotBeCapturedIsTrainedWithout) {
  class Failing : public GraphCapture {
   public:
    void record(const std::function<void()>&) override { throw std::runtime_error("it waits for the device"); }
    void replay() override { FAIL(); }
  };
  const std::unique_ptr<Model> model = make_small();
  int attempts = 0;
  std::vector<std::string> warnings;
  BatchGradients gradients(
      *model, trained_parameters(*model), torch::kCPU, torch::kFloat32, 1, 0,
      [&] {
        ++attempts;
        return std::make_unique<Failing>();
      },
      [&](const std::string& text) { warnings.push_back(text); });
  const SequenceBatch batch = test::make_batch({{0, 3, 0}}, {{0, 4, 0}});
  const double first = gradients.add(batch, 1, MicroBatches::whole(batch)).item<double>();
  for (int i = 0; i < 3; ++i) {
    for (const NamedTensor& parameter : trained_parameters(*model)) parameter.tensor.mutable_grad().reset();
    EXPECT_EQ(gradients.add(batch, 1, MicroBatches::whole(batch)).item<double>(), first);
    EXPECT_TRUE(trained_parameters(*model).front().tensor.grad().defined());
  }
  EXPECT_EQ(attempts, 1);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings.front().find("it waits for the device"), std::string::npos) << warnings.front();
}

TEST(CapturedGradients, ShapesThatComeOftenReplaceRareOnes) {
  const std::unique_ptr<Model> model = make_small();
  const std::vector<NamedTensor> parameters = trained_parameters(*model);
  int records = 0, replays = 0;
  CapturedGradients gradients(*model, parameters, torch::kCPU, torch::kFloat32,
                              [&] { return std::make_unique<Repeated>(records, replays); });
  BatchGradients plain(*model, parameters, torch::kCPU, torch::kFloat32, 1);
  const auto batch_of = [](std::size_t rows) {
    return test::make_batch(std::vector<std::vector<std::int64_t>>(rows, {0, 3, 0}),
                            std::vector<std::vector<std::int64_t>>(rows, {0, 4, 0}));
  };
  const auto compute = [&](std::size_t rows) {
    const std::optional<torch::Tensor> loss = gradients.compute(batch_of(rows), 1);
    const double found = loss ? loss->item<double>() : 0;
    for (const NamedTensor& parameter : parameters) parameter.tensor.mutable_grad().reset();
    if (loss) {
      // Captured are LibTorch's operations, which add in another order than the model's own passes.
      const SequenceBatch batch = batch_of(rows);
      const double expected = plain.add(batch, 1, MicroBatches::whole(batch)).item<double>();
      EXPECT_FLOAT_EQ(static_cast<float>(found), static_cast<float>(expected));
    }
    for (const NamedTensor& parameter : parameters) parameter.tensor.mutable_grad().reset();
    return loss.has_value();
  };
  for (std::size_t rows = 1; rows <= 32; ++rows) {
    EXPECT_FALSE(compute(rows));
    EXPECT_TRUE(compute(rows));
  }
  // One more, which comes more and more often.
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(compute(40)) << i;
  EXPECT_TRUE(compute(40)) << "it came five times, the others twice";
  EXPECT_EQ(records, 33);
  int captured = 0;
  for (std::size_t rows = 1; rows <= 32; ++rows) captured += compute(rows) ? 1 : 0;
  EXPECT_EQ(captured, 31);
  EXPECT_EQ(records, 33) << "what was evicted is not captured again at once";
}

TEST(SingleThreadedOperations, AreThoseOfATeamAndTheCallerGetsItsOwnBack) {
  torch::set_num_threads(3);
  ThreadTeam team(2, single_threaded_operations);
  std::vector<int> inside(team.size());
  team.run([&](std::size_t member) { inside[member] = torch::get_num_threads(); });
  EXPECT_EQ(inside, (std::vector<int>{1, 1}));
  EXPECT_EQ(torch::get_num_threads(), 3);
}

}  // namespace
}  // namespace matseq
