// However many processes train a model, and whatever becomes of them, it ends in the same bits. MATSEQ_RANK_STRIKES
// strikes more often.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "distributed/network_address.h"
#include "processes.h"
#include "python.h"
#include "run_command.h"
#include "run_files.h"
#include "small_experiment.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;
using test::await;
using test::children;  // of a launcher: the ranks, by their number

// Matrices of several sizes, so that batches have padding, which depends on the rank.
const std::string experiment = R"([task]
plugin = "transpose"
min_dimension = 1
max_dimension = 3
[encoding]
input = "P10"
output = "P1000"
[model]
plugin = "transformer"
encoder = { layers = 1, width = 16, heads = 2 }
decoder = { layers = 1, width = 16, heads = 2 }
[optimizer]
plugin = "adam"
learning_rate = 1e-3
[data]
max_len = 60
[training]
batch_size = 16
epoch_size = 160
max_epoch = 2
micro_batches = 4
log_every = 7
save_every = 3
rank_timeout = 60
device = "cpu"
threads = 1
[evaluation]
size = 100
batch_size = 16
max_output_len = 60
)";

class Ranks : public ::testing::Test {
 protected:
  Ranks() { write_file(folder_ / "experiment.toml", experiment); }

  /// Of a training by so many ranks; one is `train` itself.
  std::vector<std::string> command(int ranks, const fs::path& run, const std::vector<std::string>& settings,
                                   int restarts = 0) const {
    std::vector<std::string> arguments = {"train"};
    if (ranks > 1) arguments = {"launch", "-n", std::to_string(ranks), "--restarts", std::to_string(restarts)};
    arguments.insert(arguments.end(), {folder_ / "experiment.toml", "--run", run});
    for (const std::string& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
    return matseq_command(arguments);
  }

  fs::path train(int ranks, const std::string& name, const std::vector<std::string>& settings) const {
    const fs::path run = folder_ / name;
    const CommandResult result = run_command(command(ranks, run, settings));
    EXPECT_EQ(result.status, 0) << result.errors;
    return run;
  }

  /// Files that do not say how many threads there were.
  static void expect_same_results(const fs::path& expected, const fs::path& found) {
    for (const std::string file : {"model.safetensors", "optimizer.safetensors", "state.json", "metrics.jsonl",
                                   "best-valid.accuracy.safetensors"}) {
      EXPECT_FALSE(read_file(expected / file).empty()) << expected / file;
      EXPECT_TRUE(read_file(expected / file) == read_file(found / file)) << found / file;
    }
  }

  void expect_same_with_any_ranks(const std::vector<std::string>& settings) const {
    const fs::path alone = train(1, "alone", settings);
    for (const int ranks : {2, 4}) {
      expect_same_results(alone, train(ranks, "ranks-" + std::to_string(ranks), settings));
    }
  }

  /// Until a training has come so far that a checkpoint is there.
  static void await_checkpoint(const fs::path& run) {
    ASSERT_TRUE(await([&] { return fs::exists(run / "state.json"); }));
  }

  TemporaryFolder folder_;
};

TEST_F(Ranks, ChangeNoBitOfARun) {
  const fs::path alone = train(1, "alone", {});
  const fs::path two = train(2, "two", {}), four = train(4, "four", {});
  test::expect_same_files(alone, two);
  test::expect_same_files(alone, four);
  expect_same_results(alone, train(2, "threads-3", {"training.threads=3"}));
}

TEST_F(Ranks, NorWithLibTorchsOperations) { expect_same_with_any_ranks({"model.fused=false"}); }

TEST_F(Ranks, NorWithAveragedWeightsSmoothedLabelsAndSamples) {
  expect_same_with_any_ranks({"training.ema=0.9", "training.label_smoothing=0.1", "evaluation.samples=3",
                              "evaluation.sampling_temperature=1",
                              "training.validation_metrics=[\"valid.accuracy\", \"valid.median.ema.coverage\"]"});
}

TEST_F(Ranks, NorWithDropout) { expect_same_with_any_ranks({"model.dropout=0.2"}); }

TEST_F(Ranks, NorWithMuon) { expect_same_with_any_ranks({"optimizer.plugin=muon"}); }

TEST_F(Ranks, NorWithAccumulatedGradients) {
  const fs::path alone = train(1, "alone", {});
  for (const int ranks : {1, 2, 4}) {
    // An update of the same examples; the number of batches stands in config.toml only.
    expect_same_results(alone, train(ranks, "accumulated-" + std::to_string(ranks),
                                     {"training.batch_size=4", "training.accumulate_gradients=4"}));
  }
}

TEST_F(Ranks, NorWhereTheirNumberChangesAndOneIsKilled) {
  const std::vector<std::string> settings = {"training.max_epoch=30", "training.save_every=20"};
  const fs::path undisturbed = train(1, "undisturbed", settings), run = folder_ / "struck";
  std::mt19937 random(5);  // NOLINT(cert-msc32-c,cert-msc51-cpp)
  for (const int ranks : {1, 4, 2}) {
    RunningCommand training(command(ranks, run, settings));
    await_checkpoint(run);
    const std::string before = read_file(run / "state.json");
    ASSERT_TRUE(await([&] { return training.ended() || read_file(run / "state.json") != before; }));
    std::vector<pid_t> processes = children(training.process());
    if (ranks == 1 || processes.empty()) processes = {training.process()};
    ::kill(processes[random() % processes.size()], SIGKILL);
    EXPECT_NE(training.wait().status, 0) << "it was done before it was killed";
  }
  test::expect_same_files(undisturbed, train(4, "struck", settings));
}

/// Kills or stops a random rank at random moments, until the run has ended; the launcher starts it again and again.
TEST_F(Ranks, StruckAtRandomMomentsEndAsUndisturbed) {
  const char* wanted = std::getenv("MATSEQ_RANK_STRIKES");
  const int strikes = wanted == nullptr ? 3 : std::atoi(wanted);
  const std::vector<std::string> settings = {"training.max_epoch=40", "training.save_every=10",
                                             "training.rank_timeout=5"};
  const fs::path undisturbed = train(1, "undisturbed", settings);
  std::mt19937 random(3);  // NOLINT(cert-msc32-c,cert-msc51-cpp)
  int strike = 0;
  for (int number = 0; strike < strikes && number < 2 * strikes; ++number) {
    const fs::path run = folder_ / ("struck-" + std::to_string(number));
    RunningCommand training(command(2, run, settings, /*restarts=*/1000));
    while (!training.ended()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(300 + random() % 1500));
      const std::vector<pid_t> processes = children(training.process());
      if (processes.size() != 2 || strike >= strikes) continue;
      ::kill(processes[random() % 2], random() % 4 == 0 ? SIGSTOP : SIGKILL);
      ++strike;
    }
    const CommandResult result = training.wait();
    ASSERT_EQ(result.status, 0) << result.errors;
    test::expect_same_files(undisturbed, run);
  }
  EXPECT_EQ(strike, strikes) << "the runs were too short to be struck";
}

TEST_F(Ranks, ARankThatDiesEndsTheOthersAtOnceWithItsName) {
  const fs::path run = folder_ / "run";
  RunningCommand training(command(2, run, {"training.max_epoch=100000", "training.rank_timeout=300"}));
  await_checkpoint(run);
  const std::vector<pid_t> processes = children(training.process());
  ASSERT_EQ(processes.size(), 2U);
  ::kill(processes[1], SIGKILL);
  const CommandResult result = training.wait();
  EXPECT_EQ(result.status, 128 + SIGKILL);
  for (const std::string part :
       {"rank 1 has ended with killed by signal 9", "[0] matseq: no sign of life from rank 1 of 2"}) {
    EXPECT_NE(result.errors.find(part), std::string::npos) << part << " is not in: " << result.errors;
  }
  EXPECT_EQ(run_matseq({"show", run}).status, 0);
}

TEST_F(Ranks, ARequestToStopSavesAndGoesOn) {
  const std::vector<std::string> settings = {"training.max_epoch=60"};
  const fs::path undisturbed = train(1, "undisturbed", settings), run = folder_ / "stopped";
  {
    RunningCommand training(command(2, run, settings));
    await_checkpoint(run);
    training.send(SIGTERM);
    const CommandResult result = training.wait();
    EXPECT_EQ(result.status, 128 + SIGTERM) << result.errors;
    EXPECT_NE(result.errors.find("[0] "), std::string::npos) << result.errors;
    EXPECT_NE(result.errors.find("interrupted at update"), std::string::npos) << result.errors;
  }
  // One rank alone is asked: all stop.
  {
    RunningCommand training(command(2, run, settings));
    ASSERT_TRUE(await([&] { return training.errors().find("continuing at update") != std::string::npos; }));
    const std::vector<pid_t> processes = children(training.process());
    ASSERT_EQ(processes.size(), 2U);
    ::kill(processes[1], SIGTERM);
    EXPECT_NE(training.wait().status, 0);
  }
  test::expect_same_files(undisturbed, train(2, "stopped", settings));
}

TEST_F(Ranks, NumbersThatCannotShareAreRefused) {
  const auto expect = [&](int ranks, const std::vector<std::string>& settings, const std::string& part) {
    const CommandResult result = run_command(command(ranks, folder_ / "refused", settings));
    EXPECT_NE(result.status, 0);
    EXPECT_NE(result.errors.find(part), std::string::npos) << result.errors;
  };
  expect(3, {}, "3 ranks cannot share out the 4 micro-batches of an update evenly; accepted are 1, 2, 4 ranks");
  expect(8, {}, "8 ranks cannot share out the 4 micro-batches of an update evenly; accepted are 1, 2, 4 ranks");
  expect(2, {"training.micro_batches=1"}, "accepted are 1 ranks");
  // What is wrong with the experiment is said once.
  const CommandResult result = run_command(command(2, folder_ / "refused", {"training.batch_size=0"}));
  expect_refusal(result, {"batch_size"});
}

TEST_F(Ranks, ThatAreNotOfOneRunAreRefused) {
  const std::string port = std::to_string(free_port());
  const auto rank_command = [&](const std::string& rank, const std::string& seed) {
    std::vector<std::string> environment = {"/usr/bin/env", "RANK=" + rank, "WORLD_SIZE=2", "MASTER_ADDR=127.0.0.1",
                                            "MASTER_PORT=" + port};
    const std::vector<std::string> own = command(1, folder_ / "mixed", {"data.seed=" + seed});
    environment.insert(environment.end(), own.begin(), own.end());
    return environment;
  };
  RunningCommand second(rank_command("1", "2"));
  const CommandResult first = run_command(rank_command("0", "1"));
  const CommandResult other = second.wait();
  for (const CommandResult& result : {first, other}) {
    expect_refusal(result, {"rank 1 begins with 'configuration ", "', rank 0 with 'configuration "});
  }
}

TEST_F(Ranks, AreStartedByTorchrun) {
  const std::optional<std::string> python = find_python({"torch"});
  if (!python) GTEST_SKIP() << "TORCHRUN IS NOT TESTED: MATSEQ_TEST_PYTHON names no Python with torch";
  const fs::path alone = train(1, "alone", {}), run = folder_ / "torchrun";
  std::vector<std::string> torchrun = {*python,
                                       "-m",
                                       "torch.distributed.run",
                                       "--no-python",
                                       "--nproc-per-node=2",
                                       "--master-port=" + std::to_string(free_port()),
                                       "--"};
  const std::vector<std::string> own = command(1, run, {});
  torchrun.insert(torchrun.end(), own.begin(), own.end());
  const CommandResult result = run_command(torchrun);
  EXPECT_EQ(result.status, 0) << result.errors;
  expect_same_results(alone, run);
}

TEST_F(Ranks, WhatOneRankCannotDoAllHearOf) {
  const std::string port = std::to_string(free_port());
  const fs::path run = folder_ / "no-folder/file";
  write_file(folder_ / "no-folder", "a file where a folder is needed");
  const CommandResult result = run_command(command(2, run, {}));
  EXPECT_EQ(result.status, 1) << result.errors;
  EXPECT_NE(result.errors.find("[1] matseq: rank 0 has failed: "), std::string::npos) << result.errors;
}

}  // namespace
}  // namespace matseq
