// Examples written by `matseq generate`, read by `matseq train` and `matseq eval`.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "run_command.h"
#include "small_experiment.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

class DataFiles : public ::testing::Test {
 protected:
  DataFiles() {
    write_file(config_, small_experiment);
    fs::create_directory(folder_ / "data");
    export_examples("train", 50);
    export_examples("valid", 20);
  }

  void export_examples(const std::string& set, int count) const {
    const CommandResult result = run_matseq({"generate", config_, "--set-name", set, "--count", std::to_string(count)});
    ASSERT_EQ(result.status, 0) << result.errors;
    write_file(folder_ / "data" / (set + ".txt"), result.output);
  }

  /// Trains on the files, which the settings name.
  std::vector<std::string> training(const std::string& run, const std::vector<std::string>& overrides) const {
    std::vector<std::string> tokens = {"train", config_, "--run", folder_ / run};
    for (const std::string& setting : {"data.reload_data=" + (folder_ / "data/train.txt").string(),
                                       "evaluation.data=" + (folder_ / "data/valid.txt").string()}) {
      tokens.insert(tokens.end(), {"--set", setting});
    }
    for (const std::string& setting : overrides) tokens.insert(tokens.end(), {"--set", setting});
    return tokens;
  }
  CommandResult train(const std::string& run, const std::vector<std::string>& overrides = {}) const {
    return run_matseq(training(run, overrides));
  }

  void expect_same_model(const std::string& one, const std::string& other) const {
    for (const char* file : {"model.safetensors", "metrics.jsonl"}) {
      EXPECT_TRUE(read_file(folder_ / one / file) == read_file(folder_ / other / file)) << file;
    }
  }

  TemporaryFolder folder_;
  std::string config_ = folder_ / "experiment.toml";
};

TEST_F(DataFiles, TrainingFromAFileCanBeContinuedByTheRunsOwnConfiguration) {
  // 200 updates of 8 examples are 32 passes over the file.
  const std::vector<std::string> settings = {"training.epoch_size=800", "training.log_every=10"};
  const CommandResult whole = train("whole", settings);
  ASSERT_EQ(whole.status, 0) << whole.errors;

  RunningCommand command(matseq_command(training("pieces", settings)));
  while (!command.ended() && command.errors().find("update      30") == std::string::npos) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  command.send(SIGINT);
  const CommandResult interrupted = command.wait();
  ASSERT_EQ(interrupted.status, 130) << interrupted.errors;
  const fs::path pieces = folder_ / "pieces";
  const CommandResult continued =
      run_matseq({"train", pieces / "config.toml", "--run", pieces, "--set", "data.workers=0"});
  ASSERT_EQ(continued.status, 0) << continued.errors;
  expect_same_model("whole", "pieces");

  const CommandResult evaluated = run_matseq({"eval", folder_ / "whole", "--json"});
  ASSERT_EQ(evaluated.status, 0) << evaluated.errors;
  EXPECT_EQ(nlohmann::json::parse(evaluated.output).at("valid").at("examples"), 20);
}

TEST_F(DataFiles, StreamingInOnePieceIsTrainingFromMemory) {
  ASSERT_EQ(train("memory").status, 0);
  ASSERT_EQ(train("stream", {"data.batch_load=true", "data.reload_size=50"}).status, 0);
  expect_same_model("memory", "stream");
  const CommandResult small = train("small", {"data.batch_load=true", "data.reload_size=7"});
  ASSERT_EQ(small.status, 0) << small.errors;
  EXPECT_FALSE(read_file(folder_ / "small" / "model.safetensors") ==
               read_file(folder_ / "memory" / "model.safetensors"));
}

TEST_F(DataFiles, EvaluationDoesWithoutTheTrainingFile) {
  ASSERT_EQ(train("run").status, 0);
  fs::remove(folder_ / "data" / "train.txt");
  const CommandResult evaluated = run_matseq({"eval", folder_ / "run", "--json"});
  ASSERT_EQ(evaluated.status, 0) << evaluated.errors;
  const CommandResult another =
      run_matseq({"eval", folder_ / "run", "--json", "--set", "evaluation.data=\"\"", "--set", "evaluation.size=30"});
  ASSERT_EQ(another.status, 0) << another.errors;
  EXPECT_EQ(nlohmann::json::parse(another.output).at("valid").at("examples"), 30);
}

TEST_F(DataFiles, WhatOfATestFileIsNotEvaluatedIsSaid) {
  ASSERT_EQ(train("run", {"training.max_epoch=1", "evaluation.size=5"}).status, 0);
  const std::string run = folder_ / "run";
  const std::string file = folder_ / "data" / "valid.txt";
  const CommandResult some = run_matseq({"eval", run, "--json", "--data", file});
  EXPECT_EQ(nlohmann::json::parse(some.output).at("valid").at("examples"), 5);
  EXPECT_NE(some.errors.find(file + ": only the first 5 lines"), std::string::npos) << some.errors;
  EXPECT_NE(some.errors.find("evaluation.size=-1"), std::string::npos) << some.errors;
  const CommandResult all = run_matseq({"eval", run, "--json", "--data", file, "--set", "evaluation.size=-1"});
  EXPECT_EQ(nlohmann::json::parse(all.output).at("valid").at("examples"), 20);
  EXPECT_EQ(all.errors, "");
}

TEST_F(DataFiles, ABadLineIsRefusedBeforeThereIsARun) {
  const std::string file = folder_ / "data" / "train.txt";
  write_file(file, read_file(file) + "V2 V2 + 1 0 0 E-2\n");
  expect_refusal(train("run"), {file + ":51: ", "no TAB"});
  EXPECT_FALSE(fs::exists(folder_ / "run"));
  expect_refusal(train("run", {"data.reload_data=data/missing.txt"}), {"data/missing.txt", "No such file"});
  expect_refusal(train("run", {"data.reload_size=20", "data.max_len=12"}), {file + ":1: ", "data.max_len"});
  EXPECT_FALSE(fs::exists(folder_ / "run"));

  // Streamed, it is found when it is reached.
  const CommandResult streamed = train("run", {"data.batch_load=true", "data.reload_size=10"});
  EXPECT_EQ(streamed.status, 1);
  EXPECT_NE(streamed.errors.find("matseq: " + file + ":51: the line has no TAB"), std::string::npos) << streamed.errors;
  EXPECT_TRUE(fs::exists(folder_ / "run"));
  EXPECT_EQ(train("first", {"data.reload_size=50"}).status, 0);
}

TEST_F(DataFiles, MatricesCannotBeWrittenFromAFile) {
  const std::vector<std::string> tokens = {
      "generate", config_, "--set",    "data.reload_data=" + (folder_ / "data/train.txt").string(),
      "--count",  "3",     "--format", "matrices"};
  expect_refusal(run_matseq(tokens), {"'train'", "data file"});
}

}  // namespace
}  // namespace matseq
