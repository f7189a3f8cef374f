// matseq sweep: what it begins, refuses, shows and does again.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "run_command.h"
#include "run_files.h"
#include "small_experiment.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

/// One epoch of two updates.
const std::string short_training = small_model + R"([training]
batch_size = 4
epoch_size = 8
max_epoch = 1
device = "cpu"
[evaluation]
size = 4
max_output_len = 30
)";

class Sweep : public ::testing::Test {
 protected:
  Sweep() { write_file(folder_ / "base.toml", short_training); }

  void write_sweep(const std::string& text) const { write_file(file_, "base = \"base.toml\"\n" + text); }

  std::vector<std::string> command(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"sweep", file_, "--dir", dir_});
    return matseq_command(std::move(more));
  }

  CommandResult sweep(std::vector<std::string> more = {}) const { return run_command(command(std::move(more))); }

  /// By run's name.
  std::map<std::string, nlohmann::json> status() const {
    const CommandResult result = run_matseq({"sweep", "--status", dir_, "--json"});
    EXPECT_EQ(result.status, 0) << result.errors;
    std::map<std::string, nlohmann::json> runs;
    const nlohmann::json all = nlohmann::json::parse(result.output);
    for (const nlohmann::json& run : all["runs"]) runs[run["name"].get<std::string>()] = run;
    return runs;
  }

  std::string state(const std::string& run) const { return status().at(run)["state"].get<std::string>(); }

  static bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

  TemporaryFolder folder_;
  std::string file_ = folder_ / "sweep.toml";
  std::string dir_ = folder_ / "runs";
};

TEST_F(Sweep, AddsRunsAndRefusesChanges) {
  write_sweep("[grid]\n\"optimizer.learning_rate\" = [1e-3]\n\"model.dropout\" = [0.0]\n");
  const CommandResult first = sweep();
  ASSERT_EQ(first.status, 0) << first.errors;
  const fs::path run = fs::path(dir_) / "dropout=0.0,learning_rate=0.001";
  const std::map<std::string, std::string> files = test::files_of_run(run);

  write_sweep(
      "jobs = 2\nmetric = \"_valid.cross_entropy\"\n[grid]\n\"optimizer.learning_rate\" = [3e-4, 1e-3]\n"
      "\"model.dropout\" = [0.0]\n");
  const CommandResult more = sweep();
  EXPECT_EQ(more.status, 0) << more.errors;
  EXPECT_TRUE(has(more.errors, "begun     dropout=0.0,learning_rate=0.0003")) << more.errors;
  EXPECT_FALSE(has(more.errors, "begun     dropout=0.0,learning_rate=0.001")) << more.errors;
  EXPECT_EQ(files, test::files_of_run(run));

  const std::string rates = "[grid]\n\"model.dropout\" = [0.0]\n\"optimizer.learning_rate\" = ";
  write_sweep(rates + "[1e-3, 2e-4]\n");
  expect_refusal(sweep(), {"'optimizer.learning_rate'", "0.0003", "--dir"});
  write_sweep("[grid]\n\"optimizer.learning_rate\" = [3e-4, 1e-3]\n");
  expect_refusal(sweep(), {"'model.dropout'"});
  write_sweep(rates + "[3e-4, 1e-3]\n\"model.encoder.width\" = [16]\n");
  expect_refusal(sweep(), {"'model.encoder.width'"});
  write_sweep("seeds = 1\n" + rates + "[3e-4, 1e-3]\n");
  expect_refusal(sweep(), {"'seeds'"});

  write_sweep(rates + "[3e-4, 1e-3]\n");
  std::string changed = short_training;
  changed.replace(changed.find("batch_size = 4"), 14, "batch_size = 2");
  write_file(folder_ / "base.toml", changed);
  expect_refusal(sweep(), {"'training.batch_size'", "4", "2", "base.toml"});
  write_file(folder_ / "base.toml", "# a remark\n" + short_training);
  EXPECT_EQ(sweep().status, 0);
}

TEST_F(Sweep, RefusesAnotherNumberOfDraws) {
  write_sweep("[random]\ncount = 2\n\"optimizer.learning_rate\" = { log_uniform = [1e-4, 1e-3] }\n");
  ASSERT_EQ(sweep().status, 0);
  write_sweep("[random]\ncount = 1\n\"optimizer.learning_rate\" = { log_uniform = [1e-4, 1e-3] }\n");
  expect_refusal(sweep({"--dry-run"}), {"'random.count'", "2"});
  write_sweep("[random]\ncount = 3\n\"optimizer.learning_rate\" = { log_uniform = [1e-4, 1e-2] }\n");
  expect_refusal(sweep({"--dry-run"}), {"'optimizer.learning_rate'", "draw=1"});
  write_sweep("[random]\ncount = 3\n\"optimizer.learning_rate\" = { log_uniform = [1e-4, 1e-3] }\n");
  EXPECT_EQ(sweep({"--dry-run"}).status, 0);
}

TEST_F(Sweep, DryRunChecksEveryRunAndMakesNothing) {
  write_sweep(
      "seeds = 2\n[[runs]]\n\"encoding.input\" = { plugin = \"positional\", base = 7 }\n[[runs]]\n"
      "name = \"wide\"\nmodel.encoder.width = 32\n");
  const CommandResult result = sweep({"--dry-run"});
  EXPECT_EQ(result.status, 0) << result.errors;
  for (const char* part : {"input=positional-7-", "wide,seed=2", "model.encoder.width", "4 runs"}) {
    EXPECT_TRUE(has(result.output, part)) << part << " is not in: " << result.output;
  }
  EXPECT_FALSE(fs::exists(dir_));
  const nlohmann::json json = nlohmann::json::parse(sweep({"--dry-run", "--json"}).output);
  EXPECT_EQ(json["runs"][3]["name"], "wide,seed=2");
  EXPECT_EQ(json["runs"][3]["settings"]["model.encoder.width"], 32);
  EXPECT_TRUE(has(json["runs"][3]["configuration"].get<std::string>(), "width = 32")) << json["runs"][3];

  write_sweep("[grid]\n\"model.encoder.width\" = [16, 32]\n\"model.dropuot\" = [0.1]\n");
  expect_refusal(sweep(), {"sweep.toml:4", "dropuot", "did you mean 'dropout'"});
  write_sweep("[grid]\n\"optimizer.learning_rate\" = [\"fast\"]\n");
  expect_refusal(sweep(), {"sweep.toml:3", "learning_rate"});
  write_file(file_, "base = \"bas.toml\"\n");
  expect_refusal(sweep(), {"sweep.toml", "'base'", "bas.toml"});
  EXPECT_FALSE(fs::exists(dir_));
}

/// What a run lacks (here, its file of examples) is given to it after it has failed.
TEST_F(Sweep, ShowsAFailureGoesOnAndDoesItAgainWhenAsked) {
  write_file(folder_ / "there.data", run_matseq({"generate", folder_ / "base.toml", "--count", "20"}).output);
  write_sweep("[grid]\n\"data.reload_data\" = [\"missing.data\", \"there.data\"]\n");
  const CommandResult result = sweep();
  EXPECT_EQ(result.status, 1);
  const nlohmann::json all = nlohmann::json::parse(sweep({"--dry-run", "--json"}).output);
  const std::string missing = all["runs"][0]["name"].get<std::string>();
  const std::string there = all["runs"][1]["name"].get<std::string>();
  for (const std::string& part : {"failed    " + missing + ": exit status 1", std::string("missing.data'"),
                                  "finished  " + there, std::string("--retry")}) {
    EXPECT_TRUE(has(result.errors, part)) << part << " is not in: " << result.errors;
  }
  EXPECT_TRUE(read_file(fs::path(dir_) / missing / "failure.txt").starts_with("exit status 1\n"));
  EXPECT_EQ(state(missing), "failed");
  EXPECT_TRUE(has(status().at(missing)["reason"].get<std::string>(), "missing.data'"));
  EXPECT_EQ(state(there), "finished");

  fs::copy_file(folder_ / "there.data", folder_ / "missing.data");
  const CommandResult again = sweep();
  EXPECT_EQ(again.status, 1);
  EXPECT_FALSE(has(again.errors, "begun")) << again.errors;
  EXPECT_TRUE(has(again.errors, missing)) << again.errors;
  const CommandResult retried = sweep({"--retry"});
  EXPECT_EQ(retried.status, 0) << retried.errors;
  EXPECT_FALSE(fs::exists(fs::path(dir_) / missing / "failure.txt"));
  EXPECT_EQ(state(missing), "finished");
}

TEST_F(Sweep, GivesEachRunItsShareAndLeavesAnExperimentsOwnThreads) {
  write_sweep("jobs = 1000\n[grid]\n\"training.threads\" = [0, 3]\n");
  ASSERT_EQ(sweep().status, 0);
  EXPECT_TRUE(has(read_file(fs::path(dir_) / "threads=0" / "config.toml"), "threads = 1\n"));
  EXPECT_TRUE(has(read_file(fs::path(dir_) / "threads=0" / "train.log"), " 1 threads"));
  EXPECT_TRUE(has(read_file(fs::path(dir_) / "threads=3" / "config.toml"), "threads = 3\n"));
}

TEST_F(Sweep, StatusIsBestFirst) {
  write_sweep("metric = \"_valid.cross_entropy\"\nseeds = 3\n");
  ASSERT_EQ(sweep().status, 0);
  fs::remove_all(fs::path(dir_) / "seed=2");
  const CommandResult result = run_matseq({"sweep", "--status", dir_, "--json"});
  const nlohmann::json runs = nlohmann::json::parse(result.output)["runs"];
  ASSERT_EQ(runs.size(), 3U);
  EXPECT_LE(runs[0]["metric"].get<double>(), runs[1]["metric"].get<double>());
  EXPECT_EQ(runs[2]["name"], "seed=2");
  EXPECT_EQ(runs[2]["state"], "waiting");
  EXPECT_TRUE(runs[2]["metric"].is_null());
  EXPECT_EQ(runs[0]["progress"], 1.0);
  const std::string table = run_matseq({"sweep", "--status", dir_}).output;
  EXPECT_TRUE(has(table, "valid.cross_entropy")) << table;
  EXPECT_TRUE(has(table, "3 runs: 2 finished, 1 waiting")) << table;
  write_sweep("metric = \"valid.acuracy\"\nseeds = 3\n");
  ASSERT_EQ(sweep().status, 0);
  EXPECT_TRUE(has(run_matseq({"sweep", "--status", dir_}).errors, "did you mean 'valid.accuracy'"));
  expect_refusal(run_matseq({"sweep", "--status", folder_ / "nothing"}), {"nothing", "sweep.json"});
}

TEST_F(Sweep, RefusesWhatItDoesNotKnow) {
  write_sweep("seeds = 1\n");
  fs::create_directories(fs::path(dir_) / "seed=1");
  expect_refusal(sweep(), {"seed=1", "sweep.json"});
  fs::remove_all(dir_);
  ASSERT_EQ(sweep().status, 0);
  write_file(fs::path(dir_) / "sweep.json", "{");
  expect_refusal(sweep(), {"sweep.json", "damaged"});
}

// The parameter is missing in sweep.json, and in the folder of a run that was prepared.
TEST_F(Sweep, GoesOnWhenAPluginHasGotAParameter) {
  write_sweep("seeds = 1\n");
  ASSERT_EQ(sweep().status, 0);
  const fs::path folder = dir_, config = folder / "seed=1" / "config.toml";
  nlohmann::json record = nlohmann::json::parse(read_file(folder / "sweep.json"));
  ASSERT_EQ(record["common"].erase("optimizer.beta1"), 1U);
  write_file(folder / "sweep.json", record.dump());
  std::string older = read_file(config);
  older.erase(older.find("beta1 = "), std::string("beta1 = 0.9\n").size());
  fs::remove_all(folder / "seed=1");
  fs::create_directory(folder / "seed=1");
  write_file(config, older);
  write_sweep("seeds = 1\n[grid]\n\"optimizer.beta1\" = [0.5]\n");
  expect_refusal(sweep(), {"'optimizer.beta1'"});
  write_sweep("seeds = 1\n");
  const CommandResult again = sweep();
  EXPECT_EQ(again.status, 0) << again.errors;
  EXPECT_TRUE(has(read_file(folder / "sweep.json"), "optimizer.beta1"));
}

TEST_F(Sweep, RefusesARunChangedByHand) {
  write_sweep("seeds = 1\n");
  ASSERT_EQ(sweep().status, 0);
  const std::string run = fs::path(dir_) / "seed=1";
  fs::remove(fs::path(run) / "state.json");
  const std::string config = read_file(fs::path(run) / "config.toml");
  write_file(fs::path(run) / "config.toml", config + "\n[evaluation.task]\nmin_dimension = 1\n");
  expect_refusal(sweep(), {"config.toml"});
}

/// Long enough to be interrupted.
class LongSweep : public Sweep {
 protected:
  LongSweep() {
    std::string longer = short_training;
    longer.replace(longer.find("epoch_size = 8\n"), 15, "epoch_size = 1000000\n");
    write_file(folder_ / "base.toml", longer);
    write_sweep("seeds = 2\njobs = 2\n");
  }

  static void wait_for(const RunningCommand& command, const std::string& text) {
    while (!command.ended() && !has(command.errors(), text)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ASSERT_FALSE(command.ended()) << command.errors();
  }

  /// With its runs, so that none writes where the test's folder was.
  static void stop(RunningCommand& command) {
    command.send(SIGTERM);
    command.wait();
  }

  /// Of a run that trains.
  pid_t process_of(const std::string& run) const {
    const std::string lock = read_file(fs::path(dir_) / run / "run.lock");  // "process ID on HOST"
    return std::stoi(lock.substr(std::string("process ").size()));
  }

  /// Until both runs train, and have a checkpoint.
  void wait_for_training() const {
    for (const char* run : {"seed=1", "seed=2"}) {
      const fs::path checkpoint = fs::path(dir_) / run / "state.json";
      for (int i = 0; i < 20000 && (!fs::exists(checkpoint) || state(run) != "running"); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    }
  }
};

TEST_F(LongSweep, OneSweeperAtATime) {
  RunningCommand first(command());
  wait_for(first, "begun");
  expect_refusal(sweep(), {dir_, "another `matseq sweep`", "--dir"});
  stop(first);
}

TEST_F(LongSweep, SharesOutGpus) {
  std::string text = read_file(folder_ / "base.toml");
  text.replace(text.find("device = \"cpu\""), 14, "device = \"auto\"");
  write_file(folder_ / "base.toml", text);
  ::setenv("CUDA_VISIBLE_DEVICES", "13,15", 1);
  RunningCommand running(command());
  ::unsetenv("CUDA_VISIBLE_DEVICES");
  wait_for_training();
  for (const auto& [run, gpu] : {std::pair("seed=1", "13"), std::pair("seed=2", "15")}) {
    const std::string environment = read_file("/proc/" + std::to_string(process_of(run)) + "/environ");
    EXPECT_TRUE(has(environment, std::string("CUDA_VISIBLE_DEVICES=") + gpu)) << run;
    EXPECT_TRUE(has(environment, "OMP_NUM_THREADS=")) << run;
  }
  stop(running);
}

TEST_F(LongSweep, ShowsAKilledRunAndContinuesItUnasked) {
  RunningCommand running(command());
  wait_for_training();
  ::kill(process_of("seed=1"), SIGKILL);
  wait_for(running, "failed    seed=1: killed by signal 9");
  EXPECT_EQ(state("seed=1"), "failed");
  EXPECT_EQ(state("seed=2"), "running");
  stop(running);
  RunningCommand again(command());
  wait_for(again, "begun     seed=1");
  wait_for_training();
  EXPECT_FALSE(fs::exists(fs::path(dir_) / "seed=1" / "failure.txt"));
  stop(again);
}

TEST_F(LongSweep, StopsItsRunsAndHasThemSave) {
  for (const int signal : {SIGINT, SIGTERM}) {
    RunningCommand running(command());
    wait_for_training();
    running.send(signal);
    const CommandResult result = running.wait();
    EXPECT_EQ(result.status, 128 + signal) << result.errors;
    EXPECT_TRUE(has(result.errors, "stopped   seed=1: saved at update ")) << result.errors;
    EXPECT_EQ(state("seed=1"), "stopped");
    EXPECT_EQ(state("seed=2"), "stopped");
  }
}

TEST_F(LongSweep, RunsEndWhenTheirSweeperIsKilled) {
  RunningCommand running(command());
  wait_for_training();
  running.send(SIGKILL);
  running.wait();
  for (int i = 0; i < 2000 && (state("seed=1") == "running" || state("seed=2") == "running"); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(state("seed=1"), "stopped");
  EXPECT_EQ(state("seed=2"), "stopped");
}

}  // namespace
}  // namespace matseq
