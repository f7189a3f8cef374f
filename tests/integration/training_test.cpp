// Training by the command line: what a run folder holds, and how a run is stopped, continued and evaluated.
#include <gtest/gtest.h>
#include <sched.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "run_command.h"
#include "small_experiment.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

const std::string experiment = small_experiment + R"(sets = [{ name = "small", task = { max_input_coeff = 3 } }]
)";

class TrainingCommand : public ::testing::Test {
 protected:
  TrainingCommand() { write_file(config_, experiment); }

  std::vector<std::string> train(const fs::path& run, const std::vector<std::string>& overrides = {}) const {
    std::vector<std::string> tokens = {"train", config_, "--run", run};
    for (const std::string& setting : overrides) tokens.insert(tokens.end(), {"--set", setting});
    return tokens;
  }

  TemporaryFolder folder_;
  std::string config_ = folder_ / "experiment.toml";
};

std::vector<nlohmann::json> metrics_of(const fs::path& run) {
  std::vector<nlohmann::json> lines;
  std::istringstream stream(read_file(run / "metrics.jsonl"));
  for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

TEST_F(TrainingCommand, EvalRepeatsTheLastEpoch) {
  const fs::path run = folder_ / "run";
  const CommandResult trained = run_matseq(train(run));
  ASSERT_EQ(trained.status, 0) << trained.errors;
  const std::vector<nlohmann::json> metrics = metrics_of(run);
  const nlohmann::json& last = metrics.back();
  EXPECT_EQ(last.at("epoch"), 2);
  EXPECT_EQ(last.at("update"), 20);

  const CommandResult evaluated = run_matseq({"eval", run, "--json"});
  ASSERT_EQ(evaluated.status, 0) << evaluated.errors;
  const nlohmann::json found = nlohmann::json::parse(evaluated.output);
  for (const char* set : {"valid", "small"}) {
    EXPECT_EQ(found.at(set).at("examples"), 32);
    EXPECT_EQ(found.at(set), last.at(set)) << set;
  }

  const std::vector<std::string> sampling = {"eval", run, "--json", "--set", "evaluation.sampling_temperature=5"};
  const CommandResult sampled = run_matseq(sampling);
  ASSERT_EQ(sampled.status, 0) << sampled.errors;
  EXPECT_EQ(run_matseq(sampling).output, sampled.output) << "the same tokens are drawn again";
  EXPECT_LE(nlohmann::json::parse(sampled.output).at("valid").at("correct"), found.at("valid").at("correct"))
      << "almost even chances for every token make no matrices";
  expect_refusal(
      run_matseq({"eval", run, "--set", "evaluation.sampling_temperature=1", "--set", "evaluation.beam_size=5"}),
      {"sampling_temperature", "beam_size"});

  const CommandResult table = run_matseq({"eval", run, "--set", "evaluation.size=7", "--show", "1"});
  EXPECT_EQ(table.status, 0) << table.errors;
  EXPECT_NE(table.output.find("prediction ("), std::string::npos) << table.output;
  EXPECT_NE(table.output.find("valid                           7"), std::string::npos) << table.output;
}

TEST_F(TrainingCommand, AnUntrainedModelGivesMatricesWhereItMayGiveNothingElse) {
  const fs::path run = folder_ / "run";
  ASSERT_EQ(run_matseq(train(run, {"training.max_epoch=0"})).status, 0);
  const auto correct = [&](const std::vector<std::string>& settings) {
    std::vector<std::string> tokens = {"eval", run, "--json"};
    for (const std::string& setting : settings) tokens.insert(tokens.end(), {"--set", setting});
    const CommandResult result = run_matseq(tokens);
    EXPECT_EQ(result.status, 0) << result.errors;
    return nlohmann::json::parse(result.output).at("valid").at("correct").get<double>();
  };
  EXPECT_LT(correct({}), 50);
  for (const char* search :
       {"evaluation.beam_size=1", "evaluation.beam_size=3", "evaluation.sampling_temperature=2.0"}) {
    EXPECT_EQ(correct({"evaluation.constrained_shape=true", search}), 100) << search;
  }
  const CommandResult predicted =
      run_matseq({"predict", run, "--json", "--set", "evaluation.constrained=true"}, "[[1, 2], [3, 4]]\n");
  EXPECT_TRUE(nlohmann::json::parse(predicted.output).at("prediction").is_array()) << predicted.output;
}

TEST_F(TrainingCommand, ThereAreAsManyThreadsAsProcessorsThatItMayUse) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  const CommandResult trained =
      run_matseq(train(folder_ / "run", {"training.threads=0", "training.epoch_size=8", "training.max_epoch=1"}));
  ASSERT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
  EXPECT_EQ(trained.status, 0) << trained.errors;
  EXPECT_NE(trained.errors.find(" 1 threads"), std::string::npos) << trained.errors;
}

TEST_F(TrainingCommand, TheRunsConfigurationReproducesTheRun) {
  const fs::path first = folder_ / "first";
  const fs::path second = folder_ / "second";
  ASSERT_EQ(run_matseq(train(first, {"data.seed=3", "training.max_epoch=1"})).status, 0);
  const CommandResult again = run_matseq({"train", first / "config.toml", "--run", second});
  ASSERT_EQ(again.status, 0) << again.errors;
  for (const char* file : {"config.toml", "metrics.jsonl", "model.safetensors"}) {
    EXPECT_TRUE(read_file(first / file) == read_file(second / file)) << file;
  }
}

// Checkpoints within an epoch are off, so that what is continued is what the signal saved.
TEST_F(TrainingCommand, CtrlCSavesAndAnotherTrainEndsAsIfNothingHadHappened) {
  const std::vector<std::string> settings = {"training.epoch_size=1600", "training.max_epoch=1",
                                             "training.save_every=0"};
  const fs::path whole = folder_ / "whole";
  const fs::path stopped = folder_ / "stopped";
  ASSERT_EQ(run_matseq(train(whole, settings)).status, 0);

  RunningCommand command(matseq_command(train(stopped, settings)));
  while (!command.ended() && command.errors().find("update      20") == std::string::npos) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  command.send(SIGINT);
  const CommandResult interrupted = command.wait();
  ASSERT_EQ(interrupted.status, 130) << interrupted.errors;
  EXPECT_NE(interrupted.errors.find("interrupted at update"), std::string::npos) << interrupted.errors;
  EXPECT_TRUE(fs::exists(stopped / "model.safetensors"));
  EXPECT_FALSE(read_file(stopped / "model.safetensors") == read_file(whole / "model.safetensors"));

  const CommandResult continued = run_matseq(train(stopped, settings));
  ASSERT_EQ(continued.status, 0) << continued.errors;
  EXPECT_NE(continued.errors.find("continuing at update"), std::string::npos) << continued.errors;
  for (const char* file : {"model.safetensors", "optimizer.safetensors", "metrics.jsonl", "state.json"}) {
    EXPECT_TRUE(read_file(stopped / file) == read_file(whole / file)) << file;
  }
}

TEST_F(TrainingCommand, AveragedWeightsAreEvaluatedAndKeptBesideThePlainOnes) {
  const fs::path run = folder_ / "run";
  const CommandResult trained = run_matseq(
      train(run, {"training.max_epoch=2", "training.epoch_size=64", "training.ema=0.8",
                  "training.validation_metrics=[\"_valid.ema.cross_entropy\"]", "evaluation.decode_perfect=true"}));
  ASSERT_EQ(trained.status, 0) << trained.errors;
  EXPECT_NE(trained.errors.find("valid.ema"), std::string::npos) << trained.errors;
  const nlohmann::json last = metrics_of(run).back();
  EXPECT_NE(last.at("valid").at("cross_entropy"), last.at("valid.ema").at("cross_entropy"));
  const auto evaluated = [&](const std::string& checkpoint) {
    const CommandResult result = run_matseq({"eval", run, "--checkpoint", checkpoint, "--json"});
    EXPECT_EQ(result.status, 0) << result.errors;
    nlohmann::json figures = nlohmann::json::parse(result.output).at("valid");
    figures.erase("data");
    return figures;
  };
  EXPECT_EQ(evaluated("ema"), last.at("valid.ema"));
  EXPECT_EQ(evaluated("best-valid.ema.cross_entropy"), last.at("valid.ema"));
  EXPECT_NE(evaluated("model"), last.at("valid.ema"));
}

TEST_F(TrainingCommand, SeveralSamplesHaveABestAMedianAndACoverage) {
  const fs::path run = folder_ / "run";
  const CommandResult trained =
      run_matseq(train(run, {"training.max_epoch=1", "training.epoch_size=64", "evaluation.samples=4",
                             "evaluation.sampling_temperature=1", "evaluation.constrained_shape=true"}));
  ASSERT_EQ(trained.status, 0) << trained.errors;
  const nlohmann::json last = metrics_of(run).back();
  EXPECT_GE(last.at("valid").at("right_coefficients"), last.at("valid.median").at("right_coefficients"));
  EXPECT_FALSE(last.at("valid").contains("coverage"));
  const auto coverage_with = [&](const std::string& interval) {
    const CommandResult result = run_matseq({"eval", run, "--json", "--set", "evaluation.sample_interval=" + interval});
    EXPECT_EQ(result.status, 0) << result.errors;
    return nlohmann::json::parse(result.output).at("valid.median").at("coverage").get<double>();
  };
  EXPECT_EQ(coverage_with("0.9"), last.at("valid.median").at("coverage").get<double>());
  EXPECT_LT(coverage_with("0"), coverage_with("1"));
  expect_refusal(run_matseq({"eval", run, "--set", "evaluation.sampling_temperature=0"}),
                 {"several samples", "'evaluation.sampling_temperature' must be above 0"});
}

TEST_F(TrainingCommand, AFolderOfAnotherExperimentIsRefusedAndLeftAlone) {
  const fs::path run = folder_ / "run";
  const std::vector<std::string> short_run = {"training.max_epoch=1", "training.epoch_size=16"};
  ASSERT_EQ(run_matseq(train(run, short_run)).status, 0);
  const std::string model = read_file(run / "model.safetensors");
  const std::string config = read_file(run / "config.toml");
  expect_refusal(run_matseq(train(run, {"training.max_epoch=1", "training.epoch_size=16", "task.max_input_coeff=5"})),
                 {run.string(), "another experiment", "max_input_coeff"});
  EXPECT_TRUE(read_file(run / "model.safetensors") == model);
  EXPECT_EQ(read_file(run / "config.toml"), config);

  // A finished run says so.
  const CommandResult again = run_matseq(train(run, short_run));
  EXPECT_EQ(again.status, 0);
  EXPECT_NE(again.output.find("this run is finished"), std::string::npos) << again.output;
  EXPECT_TRUE(read_file(run / "model.safetensors") == model);
}

std::int64_t last_epoch(const fs::path& run) { return metrics_of(run).back().at("epoch").get<std::int64_t>(); }

// Whether a run is finished is a matter of its settings, as they are now.
TEST_F(TrainingCommand, AFinishedRunGoesOnWhenItsSettingsSaySo) {
  const fs::path run = folder_ / "run";
  const auto go_on = [&](std::vector<std::string> settings) {
    settings.emplace_back("training.epoch_size=16");
    const CommandResult trained = run_matseq(train(run, settings));
    EXPECT_EQ(trained.status, 0) << trained.errors;
    return last_epoch(run);
  };
  EXPECT_EQ(go_on({"training.max_epoch=1"}), 1);
  EXPECT_EQ(go_on({"training.max_epoch=3"}), 3);
  EXPECT_NE(read_file(run / "config.toml").find("max_epoch = 3"), std::string::npos);
  EXPECT_EQ(go_on({"training.max_epoch=2"}), 3);
  EXPECT_NE(read_file(run / "config.toml").find("max_epoch = 3"), std::string::npos) << "nothing was trained with 2";
  // This metric is 0 from the first epoch on, and stays so.
  const std::string criterion = "training.stopping_criterion=valid.within.max.0.005,";
  EXPECT_EQ(go_on({"training.max_epoch=9", criterion + "0"}), 5);
  EXPECT_EQ(go_on({"training.max_epoch=9", criterion + "0"}), 5);
  EXPECT_EQ(go_on({"training.max_epoch=9", criterion + "1"}), 6);
  EXPECT_EQ(go_on({"training.max_epoch=7"}), 7);
}

TEST_F(TrainingCommand, WhatTheFirstEvaluationWouldFailAtIsNoticedAtOnce) {
  const fs::path run = folder_ / "run";
  const auto refuse = [&](const std::string& setting, const std::vector<std::string>& message) {
    expect_refusal(run_matseq(train(run, {setting})), message);
    EXPECT_FALSE(fs::exists(run)) << setting;
  };
  refuse("training.validation_metrics=[\"valid.acuracy\"]",
         {"--set training.validation_metrics", "no metric 'valid.acuracy', did you mean 'valid.accuracy'?",
          "'small.within.max.0.05'"});
  refuse("training.stopping_criterion=smal.perfect,3",
         {"'training.stopping_criterion'", "no metric 'smal.perfect', did you mean 'small.perfect'?"});
  refuse("training.stopping_criterion=_valid.within.d1.0.07,3", {"no metric 'valid.within.d1.0.07'"});
  refuse("training.stopping_criterion=valid.accuracy", {"METRIC,PATIENCE"});
  for (const std::string name : {"update", "epoch", "train", "loss"}) {
    refuse("evaluation.sets=[{name=\"" + name + "\"}]", {"'" + name + "' is taken", "'update'"});
  }
  refuse("evaluation.sets=[{name=\"" + std::string(300, 'x') + "\"}]", {"at most 100"});
}

// float16 is no arithmetic of a CPU under older LibTorches, which say so in the middle of training.
TEST_F(TrainingCommand, DeviceAndPrecisionAreHeldAgainstTheMachine) {
  const fs::path run = folder_ / "run";
  const CommandResult half = run_matseq(train(run, {"training.precision=float16", "training.max_epoch=1"}));
  if (half.status != 0) {
    expect_refusal(half, {"--set training.precision=float16", "'training.precision'", "write \"float32\""});
    EXPECT_FALSE(fs::exists(run));
  }
  fs::remove_all(run);
  ASSERT_EQ(run_matseq(train(run, {"training.max_epoch=1"})).status, 0);
  const CommandResult evaluated =
      run_matseq({"eval", run, "--json", "--set", "training.precision=float16", "--set", "evaluation.size=4"});
  ASSERT_EQ(evaluated.status, 0) << evaluated.errors;
  EXPECT_EQ(evaluated.errors.find("evaluating in float32") == std::string::npos, half.status == 0) << evaluated.errors;
  EXPECT_EQ(nlohmann::json::parse(evaluated.output).at("valid").at("examples"), 4);
  expect_refusal(run_matseq({"eval", run, "--set", "training.device=cuda:300"}), {"'training.device'", "is not here"});
}

TEST_F(TrainingCommand, ARunWithoutAFiniteFigureIsSavedReadAndEvaluated) {
  const fs::path run = folder_ / "run";
  const std::vector<std::string> settings = {"optimizer.learning_rate=1e30", "training.max_skipped=1000",
                                             "training.epoch_size=16",
                                             "training.validation_metrics=[\"_valid.cross_entropy\"]"};
  const CommandResult trained = run_matseq(train(run, settings));
  ASSERT_EQ(trained.status, 0) << trained.errors;
  EXPECT_NE(trained.errors.find("valid.cross_entropy is not finite"), std::string::npos) << trained.errors;
  EXPECT_TRUE(metrics_of(run).back().at("valid").at("cross_entropy").is_null());
  EXPECT_FALSE(fs::exists(run / "best-valid.cross_entropy.safetensors"));
  EXPECT_EQ(run_matseq(train(run, settings)).status, 0);
  std::vector<std::string> longer = settings;
  longer.emplace_back("training.max_epoch=3");
  EXPECT_EQ(run_matseq(train(run, longer)).status, 0);
  EXPECT_EQ(last_epoch(run), 3);
  const CommandResult evaluated = run_matseq({"eval", run, "--json"});
  ASSERT_EQ(evaluated.status, 0) << evaluated.errors;
  EXPECT_TRUE(nlohmann::json::parse(evaluated.output).at("valid").at("cross_entropy").is_null());
}

TEST_F(TrainingCommand, WhatIsNoRunIsRefused) {
  expect_refusal(run_matseq({"eval", folder_.path()}), {folder_.path().string(), "no config.toml"});
  const fs::path run = folder_ / "run";
  ASSERT_EQ(run_matseq(train(run, {"training.max_epoch=0"})).status, 0);
  expect_refusal(run_matseq({"eval", run, "--checkpoint", "best-nothing"}),
                 {"no checkpoint 'best-nothing'", "'model'"});
  write_file(run / "model.safetensors", "damaged");
  expect_refusal(run_matseq({"eval", run}), {"model.safetensors"});
}

}  // namespace
}  // namespace matseq
