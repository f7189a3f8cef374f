// The training loop without files, plugins' data or a command: what it does in which order, and how it goes on.
#include "training/trainer.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "make_model.h"
#include "matseq/error.h"
#include "run/tensors/model_tensors.h"

namespace matseq {
namespace {

constexpr std::int64_t tokens = 12;

/// Example k is the token 2 + k % 10, to be repeated.
class Repeating : public ExampleSource {
 public:
  void get(std::uint64_t number, SequencePair& example) const override {
    example.source = {static_cast<TokenId>(2 + number % 10)};
    example.target = example.source;
  }
};

class GradientDescent : public Optimizer {
 public:
  explicit GradientDescent(std::vector<NamedTensor> parameters) : parameters_(std::move(parameters)) {}
  void step(double learning_rate) override {
    for (const NamedTensor& parameter : parameters_) {
      if (parameter.tensor.grad().defined()) parameter.tensor.sub_(parameter.tensor.grad(), learning_rate);
    }
  }
  std::vector<NamedTensor> state() const override { return {}; }

 private:
  std::vector<NamedTensor> parameters_;
};

class Constant : public Schedule {
 public:
  double rate(std::int64_t /*update*/, double base_rate) const override { return base_rate; }
};

TestResult valid(double accuracy) {
  TestResult result{"valid", {0.05}, "d1", {}, {}};
  result.all.accuracy = accuracy;
  result.all.within = {{{accuracy}, {accuracy}, {accuracy}}};
  return result;
}

/// A small experiment: 3 updates of 4 examples an epoch.
struct Experimenting {
  explicit Experimenting(double dropout = 0.2) {
    settings.batch_size = 4;
    settings.epoch_size = 12;
    settings.max_epoch = 2;
    settings.log_every = 2;
    settings.save_every = 0;
    settings.validation_metrics = {"valid.accuracy"};
    model = test::make_transformer({tokens, 8, 8}, {{"encoder.layers", std::int64_t{1}},
                                                    {"encoder.width", std::int64_t{8}},
                                                    {"encoder.heads", std::int64_t{2}},
                                                    {"decoder.layers", std::int64_t{1}},
                                                    {"decoder.width", std::int64_t{8}},
                                                    {"decoder.heads", std::int64_t{2}},
                                                    {"dropout", dropout}});
    optimizer = std::make_unique<GradientDescent>(trained_parameters(*model));
  }

  TrainingParts parts() {
    return {*model,
            *optimizer,
            trained_parameters(*model),
            schedule,
            rate,
            std::make_shared<Repeating>(),
            0,
            /*seed=*/1,
            torch::kCPU,
            torch::kFloat32,
            nullptr,
            [this](Model&) {
              ++evaluations;
              return std::vector<TestResult>{valid(accuracy)};
            },
            no_other_ranks()};
  }

  TrainingConfiguration settings;
  std::unique_ptr<Model> model;
  std::unique_ptr<GradientDescent> optimizer;
  Constant schedule;
  double rate = 0.05;
  double accuracy = 50;
  int evaluations = 0;
};

/// Writes down what it sees.
class Events : public TrainingObserver {
 public:
  void on_begin(const BeginReport& report) override { add("begin", report.state); }
  void on_update(const UpdateReport& report) override { add("update", report.state); }
  void on_progress(const ProgressReport& report) override { add("progress", report.state); }
  void on_skip(const SkipReport& report) override {
    add("skip", report.state);
    EXPECT_EQ(report.examples, 4U);
    EXPECT_EQ(report.first_example, 4 * static_cast<std::uint64_t>(report.state.update - 1));
  }
  void on_epoch(const EpochReport& report) override { add("epoch", report.state); }
  void on_checkpoint(const TrainingState& state) override {
    add("checkpoint", state);
    last = state;
  }
  void on_end(const TrainingState& state, TrainingEnd) override { add("end", state); }

  std::vector<std::string> seen;
  TrainingState last;

 private:
  void add(const std::string& event, const TrainingState& state) {
    seen.push_back(event + " " + std::to_string(state.epoch) + ":" + std::to_string(state.update_in_epoch));
  }
};

TEST(Trainer, SavesBeforeAndAfterEveryEvaluation) {
  Experimenting experiment;
  experiment.settings.max_epoch = 1;
  experiment.settings.save_every = 1;
  Events events;
  Trainer trainer(experiment.settings, experiment.parts());
  trainer.attach(events);
  const TrainingOutcome outcome = trainer.run();
  EXPECT_EQ(outcome.results.size(), 1U);
  EXPECT_EQ(events.seen, (std::vector<std::string>{"begin 0:0", "checkpoint 0:0",                   //
                                                   "update 0:1", "checkpoint 0:1",                  //
                                                   "progress 0:2", "update 0:2", "checkpoint 0:2",  //
                                                   "update 0:3", "checkpoint 0:3",                  //
                                                   "epoch 1:0", "checkpoint 1:0", "end 1:0"}));
}

TEST(Trainer, WhatDiesInAnEvaluationGoesOnByRepeatingIt) {
  Experimenting experiment;
  Events events;
  TrainingParts parts = experiment.parts();
  parts.evaluate = [](Model&) -> std::vector<TestResult> { throw std::runtime_error("power cut"); };
  Trainer first(experiment.settings, parts);
  first.attach(events);
  EXPECT_THROW(first.run(), std::runtime_error);
  EXPECT_EQ(events.last.update, 3);
  EXPECT_EQ(events.last.epoch, 0);

  Events again;
  Trainer second(experiment.settings, experiment.parts(), events.last);
  second.attach(again);
  second.run();
  ASSERT_GE(again.seen.size(), 4U);
  again.seen.resize(4);
  EXPECT_EQ(again.seen, (std::vector<std::string>{"begin 0:3", "epoch 1:0", "checkpoint 1:0", "progress 1:1"}));
  EXPECT_EQ(experiment.evaluations, 2);
}

TEST(Trainer, AStopIsServedBeforeUpdatesAndEvaluations) {
  for (int calls = 0; calls < 4; ++calls) {
    Experimenting experiment;
    Events events;
    Trainer trainer(experiment.settings, experiment.parts());
    trainer.attach(events);
    int left = calls;
    EXPECT_TRUE(trainer.run([&left] { return left-- == 0; }).interrupted);
    EXPECT_EQ(events.last.update, calls);
    EXPECT_EQ(experiment.evaluations, 0);
    EXPECT_EQ(events.seen.back(), "end 0:" + std::to_string(calls));
  }
}

// Whichever batch of an update it is: what was added to the gradients, and what dropout has drawn, is taken back.
TEST(Trainer, AStopAmongTheBatchesOfAnUpdateChangesNothing) {
  const auto train = [](int calls) {
    torch::manual_seed(1);
    Experimenting experiment;
    experiment.settings.max_epoch = 1;
    experiment.settings.batch_size = 1;
    experiment.settings.accumulate_gradients = 4;
    Events events;
    Trainer first(experiment.settings, experiment.parts());
    first.attach(events);
    bool interrupted = first.run([&] { return calls-- == 0; }).interrupted;
    if (interrupted) {
      Trainer second(experiment.settings, experiment.parts(), events.last);
      interrupted = second.run().interrupted;
    }
    EXPECT_FALSE(interrupted);
    torch::Tensor sum = torch::zeros({}, torch::kFloat64);
    for (const NamedTensor& parameter : trained_parameters(*experiment.model)) {
      sum += parameter.tensor.to(torch::kFloat64).abs().sum();
    }
    return sum.item<double>();
  };
  const double whole = train(-1);
  for (int calls = 0; calls <= 12; ++calls) EXPECT_EQ(train(calls), whole) << calls;
}

TEST(Trainer, WhetherARunIsFinishedFollowsFromItsSettings) {
  Experimenting experiment;
  experiment.settings.stopping_criterion = "valid.accuracy,0";
  experiment.settings.max_epoch = 5;
  Trainer first(experiment.settings, experiment.parts());
  first.run();
  EXPECT_EQ(first.state().epoch, 2) << "the second epoch is no better than the first";
  const auto epochs_with = [&](const std::string& criterion, std::int64_t max_epoch) {
    experiment.settings.stopping_criterion = criterion;
    experiment.settings.max_epoch = max_epoch;
    Trainer trainer(experiment.settings, experiment.parts(), first.state());
    trainer.run();
    return trainer.state().epoch;
  };
  EXPECT_EQ(epochs_with("valid.accuracy,0", 5), 2);
  EXPECT_EQ(epochs_with("valid.accuracy,0", 9), 2);
  EXPECT_EQ(epochs_with("valid.accuracy,1", 9), 3) << "more patience";
  EXPECT_EQ(epochs_with("", 4), 4) << "no criterion";
  EXPECT_EQ(epochs_with("_valid.accuracy,1", 9), 5) << "another criterion has its patience before it";
  EXPECT_EQ(epochs_with("", 1), 2) << "there are more epochs already";
}

/// Targets of different lengths.
class Growing : public ExampleSource {
 public:
  void get(std::uint64_t number, SequencePair& example) const override {
    example.source = {static_cast<TokenId>(2 + number % 10)};
    example.target.assign(1 + number % 5, example.source[0]);
  }
};

// However many tokens each of them has.
TEST(Trainer, AccumulatedBatchesAreOneLargeBatch) {
  const auto trained_with = [](std::int64_t batch_size, std::int64_t accumulate_gradients,
                               std::int64_t micro_batches = 1) {
    Experimenting experiment(/*dropout=*/0);
    experiment.settings.micro_batches = micro_batches;
    experiment.settings.batch_size = batch_size;
    experiment.settings.accumulate_gradients = accumulate_gradients;
    experiment.settings.log_every = 100;
    TrainingParts parts = experiment.parts();
    parts.examples = std::make_shared<Growing>();
    Trainer trainer(experiment.settings, parts);
    trainer.run();
    std::vector<torch::Tensor> parameters;
    for (const NamedTensor& parameter : trained_parameters(*experiment.model)) {
      parameters.push_back(parameter.tensor.detach().flatten());
    }
    return std::pair(trainer.state().loss_sum, torch::cat(parameters));
  };
  const auto [loss, large] = trained_with(4, 1);
  for (const std::int64_t batch_size : {1, 2}) {
    const auto [loss_of_small, small] = trained_with(batch_size, 4 / batch_size);
    EXPECT_NEAR(loss_of_small, loss, 1e-5 * loss);
    EXPECT_TRUE(torch::allclose(small, large, 1e-4, 1e-6)) << (small - large).abs().max();
  }
  // To the bit where micro-batches do not go over a batch's end.
  const auto [cut_loss, cut] = trained_with(4, 1, 4);
  for (const std::int64_t batch_size : {1, 2}) {
    const auto [loss_of_small, small] = trained_with(batch_size, 4 / batch_size, 4);
    EXPECT_EQ(loss_of_small, cut_loss);
    EXPECT_TRUE(torch::equal(small, cut));
  }
}

TEST(Trainer, EndsAfterTooManySkippedUpdates) {
  Experimenting experiment;
  experiment.settings.max_skipped = 2;
  experiment.rate = std::numeric_limits<double>::infinity();
  Events events;
  Trainer trainer(experiment.settings, experiment.parts());
  trainer.attach(events);
  EXPECT_THROW(trainer.run(), Error);
  EXPECT_EQ(trainer.state().update, 4);  // the first one is done, and spoils the weights
  EXPECT_EQ(events.last.update, 3);
}

}  // namespace
}  // namespace matseq
