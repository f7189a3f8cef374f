// What a run's folder survives: another process, another experiment, damage, moved data, other programs' files.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "run_command.h"
#include "run_files.h"
#include "small_experiment.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class RunFolderCommand : public ::testing::Test {
 protected:
  RunFolderCommand() { write_file(config_, often_saved_experiment); }

  std::vector<std::string> train(const fs::path& run, const std::vector<std::string>& settings = {}) const {
    std::vector<std::string> tokens = {"train", config_, "--run", run};
    for (const std::string& setting : settings) tokens.insert(tokens.end(), {"--set", setting});
    return tokens;
  }

  void expect_trained(const fs::path& run, const std::vector<std::string>& settings = {}) const {
    const CommandResult result = run_matseq(train(run, settings));
    EXPECT_EQ(result.status, 0) << result.errors;
  }

  TemporaryFolder folder_;
  std::string config_ = folder_ / "experiment.toml";
  fs::path run_ = folder_ / "run";
};

TEST_F(RunFolderCommand, AContinuedRunIsComparedBothWays) {
  expect_trained(run_, {"training.max_epoch=1", "task.min_input_coeff=9"});
  expect_refusal(run_matseq(train(run_)), {"another experiment", "task.min_input_coeff"});
  expect_trained(run_, {"task.min_input_coeff=9"});
}

// Its parameters are known, so what the configuration lacks is a parameter that the plugin did not have.
TEST_F(RunFolderCommand, APluginMayHaveGotAParameter) {
  expect_trained(run_, {"training.max_epoch=1"});
  std::string older = read_file(run_ / "config.toml");
  older.erase(older.find("beta1 = "), std::string("beta1 = 0.9\n").size());
  write_file(run_ / "config.toml", older);
  expect_refusal(run_matseq(train(run_, {"optimizer.beta1=0.5"})), {"optimizer.beta1", "0.9 in the run"});
  expect_trained(run_);
  EXPECT_NE(read_file(run_ / "config.toml").find("beta1 = 0.9"), std::string::npos);
}

TEST_F(RunFolderCommand, DataMayMoveButNotChange) {
  const std::string examples = run_matseq({"generate", config_, "--count", "50"}).output;
  for (const bool streamed : {false, true}) {
    const fs::path run = folder_ / (streamed ? "streamed" : "loaded");
    const auto settings = [&](const std::string& data, int epochs) {
      std::vector<std::string> made = {"data.reload_data=" + (folder_ / data).string(),
                                       "training.max_epoch=" + std::to_string(epochs)};
      if (streamed) made.insert(made.end(), {"data.batch_load=true", "data.reload_size=20"});
      return made;
    };
    write_file(folder_ / "here.txt", examples);
    expect_trained(run, settings("here.txt", 1));
    fs::rename(folder_ / "here.txt", folder_ / "there.txt");
    expect_trained(run, settings("there.txt", 2));
    EXPECT_NE(read_file(run / "config.toml").find("there.txt"), std::string::npos);
    const auto files = test::files_of_run(run);
    write_file(folder_ / "there.txt", examples.substr(examples.find('\n') + 1));
    expect_refusal(run_matseq(train(run, settings("there.txt", 3))), {"another experiment", "data.reload_data"});
    expect_refusal(run_matseq(train(run, {"training.max_epoch=3"})), {"another experiment"});
    EXPECT_TRUE(test::files_of_run(run) == files) << "what is refused is left alone";
  }
}

TEST_F(RunFolderCommand, ALostStateIsAnErrorAndDamageGivesWayToTheCheckpointBefore) {
  const fs::path whole = folder_ / "whole";
  expect_trained(whole);
  expect_trained(run_, {"training.max_epoch=1"});
  fs::rename(run_ / "state.json", folder_ / "state.json");
  const auto files = test::files_of_run(run_);
  expect_refusal(run_matseq(train(run_)), {run_.string(), "no state.json", "--run"});
  EXPECT_TRUE(test::files_of_run(run_) == files);
  EXPECT_EQ(run_matseq({"eval", run_}).status, 0) << "weights can be evaluated without";
  fs::rename(folder_ / "state.json", run_ / "state.json");

  std::string weights = read_file(run_ / "model.safetensors");
  weights[weights.size() - 100] ^= 1;
  write_file(run_ / "model.safetensors", weights);
  expect_refusal(run_matseq({"eval", run_}), {"model.safetensors", "damaged", "model.previous"});
  EXPECT_EQ(run_matseq({"eval", run_, "--checkpoint", "model.previous"}).status, 0);
  const CommandResult continued = run_matseq(train(run_));
  EXPECT_EQ(continued.status, 0) << continued.errors;
  EXPECT_NE(continued.errors.find("warning: "), std::string::npos) << continued.errors;
  EXPECT_NE(continued.errors.find("model.safetensors"), std::string::npos) << continued.errors;
  EXPECT_NE(continued.errors.find("checkpoint before"), std::string::npos) << continued.errors;
  test::expect_same_files(whole, run_);

  std::string best = read_file(run_ / "best-valid.cross_entropy.safetensors");
  best[best.size() - 100] ^= 1;
  write_file(run_ / "best-valid.cross_entropy.safetensors", best);
  expect_refusal(run_matseq({"eval", run_, "--checkpoint", "best-valid.cross_entropy"}), {"best-valid", "damaged"});
}

TEST_F(RunFolderCommand, RenamesThatWereCutShortAreCompleted) {
  expect_trained(run_);
  const auto files = test::files_of_run(run_);
  // As a save leaves it that dies before its renames.
  fs::copy(run_ / "state.json", run_ / "state.json.next");
  fs::rename(run_ / "state.previous.json", run_ / "state.json");
  for (const std::string part : {"model", "optimizer"}) {
    fs::rename(run_ / (part + ".safetensors"), run_ / (part + ".safetensors.next"));
    fs::rename(run_ / (part + ".previous.safetensors"), run_ / (part + ".safetensors"));
  }
  write_file(run_ / "run.lock", "process 1 on nowhere");
  EXPECT_EQ(run_matseq({"eval", run_}).status, 0);
  const CommandResult again = run_matseq(train(run_));
  EXPECT_EQ(again.status, 0) << again.errors;
  EXPECT_TRUE(test::files_of_run(run_) == files) << "also of a finished run, for good";
}

TEST_F(RunFolderCommand, OneProcessTrainsAndOthersMayEvaluate) {
  RunningCommand training(matseq_command(train(run_, {"training.max_epoch=100000", "training.save_every=1"})));
  while (!training.ended() && !fs::exists(run_ / "metrics.jsonl")) std::this_thread::sleep_for(2ms);
  expect_refusal(run_matseq(train(run_)), {run_.string(), "process ", " on "});
  for (int evaluation = 0; evaluation < 3; ++evaluation) {
    const CommandResult evaluated = run_matseq({"eval", run_});
    EXPECT_EQ(evaluated.status, 0) << evaluated.errors;
  }
  ASSERT_FALSE(training.ended());
  training.send(SIGKILL);
  training.wait();
  ASSERT_TRUE(fs::exists(run_ / "run.lock"));
  const CommandResult continued = run_matseq(train(run_, {"training.max_epoch=1"}));
  EXPECT_EQ(continued.status, 0) << continued.errors;
}

TEST_F(RunFolderCommand, OtherProgramsFilesAreLeftAlone) {
  const fs::path events = run_ / "events.out.tfevents.9999999999.host.1";
  const fs::path precious = folder_ / "precious";
  fs::create_directories(run_);
  write_file(events, "another program's");
  write_file(precious, "text");
  fs::create_symlink(precious, run_ / "train.log");
  expect_refusal(run_matseq(train(run_, {"training.max_epoch=1"})), {"train.log", "symbolic link"});
  fs::remove(run_ / "train.log");
  expect_trained(run_, {"training.max_epoch=1"});
  EXPECT_EQ(read_file(events), "another program's");
  EXPECT_EQ(read_file(precious), "text");
  EXPECT_TRUE(fs::exists(run_ / "events.out.tfevents.0.matseq"));
}

}  // namespace
}  // namespace matseq
