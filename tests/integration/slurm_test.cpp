// Sweeps as job arrays of a real SLURM, of one node, which the test begins and ends.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "processes.h"
#include "run_command.h"
#include "run_files.h"
#include "small_experiment.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::size_t runs = 12;

/// Two runs that last long enough to be struck, and ten short ones.
std::string sweep_text() {
  std::string text = "base = \"base.toml\"\n[slurm]\ntime = \"00:30:00\"\ncomment = \"twelve runs\"\n";
  for (std::size_t i = 1; i <= runs; ++i) {
    const std::string number = std::to_string(i), epochs = i <= 2 ? "60" : "2";
    text += "[[runs]]\nname = \"run-" + number + "\"\n\"data.seed\" = " + number +
            "\n\"training.max_epoch\" = " + epochs + "\n";
  }
  return text;
}

bool is_installed(const std::string& program) {
  return run_command({"bash", "-c", "PATH=$PATH:/usr/sbin command -v " + program}).status == 0;
}

class Slurm : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!is_installed("slurmctld") || !is_installed("munged") || ::geteuid() != 0) {
      GTEST_SKIP() << "SLURM IS NOT TESTED: it needs root and Debian's slurm-wlm and munge";
    }
    const CommandResult started = control("start");
    if (started.status != 0) GTEST_SKIP() << "SLURM IS NOT TESTED: it does not start here: " << started.errors;
    ::setenv("SLURM_CONF", started.output.substr(0, started.output.find('\n')).c_str(), 1);
    write_file(folder_ / "base.toml", often_saved_experiment);
    write_file(folder_ / "sweep.toml", sweep_text());
  }

  void TearDown() override {
    control("stop");
    ::unsetenv("SLURM_CONF");
  }

  /// Begins or ends the SLURM of this test.
  CommandResult control(const std::string& action) const {
    return run_command({"bash", "-c", "PATH=$PATH:/usr/sbin \"$0\" \"$1\" \"$2\" 2",
                        MATSEQ_SOURCE_DIR "/tests/support/slurm.sh", action, slurm_.path().string()});
  }

  CommandResult sweep(const std::string& dir, const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"sweep", folder_ / "sweep.toml", "--dir", folder_ / dir};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_matseq(arguments);
  }

  /// The states of a sweep's runs, "finished", "running" and so on.
  std::multiset<std::string> states(const std::string& dir) const {
    std::multiset<std::string> all;
    const CommandResult status = run_matseq({"sweep", folder_ / dir, "--status", "--json"});
    const nlohmann::json standings = nlohmann::json::parse(status.output);
    for (const auto& run : standings.at("runs")) all.insert(run.at("state"));
    return all;
  }

  static std::string queue(const std::string& format) {
    return run_command({"squeue", "--noheader", "--array", "--format=" + format}).output;
  }

  /// A task of the array whose run is in training, other than `not_this`, as scancel names it; empty: none comes.
  std::string task_that_trains(const std::string& not_this) const {
    const nlohmann::json job = nlohmann::json::parse(read_file(folder_ / "array/slurm.json")).back();
    std::string found;
    await([&] {
      const CommandResult status = run_matseq({"sweep", folder_ / "array", "--status", "--json"});
      const nlohmann::json standings = nlohmann::json::parse(status.output);
      for (const auto& run : standings.at("runs")) {
        if (run.at("state") != "running" || run.at("update") == 0) continue;
        const auto& runs_of_job = job.at("runs");
        const auto number = std::ranges::find(runs_of_job, run.at("name")) - runs_of_job.begin();
        const std::string task = job.at("id").get<std::string>() + "_" + std::to_string(number);
        if (task != not_this) found = task;
      }
      return !found.empty();
    });
    return found;
  }

  /// SLURM takes its time on a machine that has other work.
  static bool await(const std::function<bool()>& condition) { return test::await(condition, 400s); }

  TemporaryFolder slurm_;
  TemporaryFolder folder_;
};

TEST_F(Slurm, AJobArrayWithATaskKilledAndOneRequeuedEndsAsALocalSweep) {
  const CommandResult submitted = sweep("array", {"--slurm"});
  ASSERT_EQ(submitted.status, 0) << submitted.errors;
  EXPECT_NE(submitted.output.find("12 submitted as job "), std::string::npos) << submitted.output;
  // What waits in the queue is not submitted again.
  const CommandResult again = sweep("array", {"--slurm"});
  ASSERT_EQ(again.status, 0) << again.errors;
  EXPECT_EQ(again.output.find("submitted"), std::string::npos) << again.output;

  // One task is told that its time is up, another is killed: each while it trains.
  const std::string told = task_that_trains("");
  const std::string killed = task_that_trains(told);
  ASSERT_FALSE(told.empty() || killed.empty()) << queue("%i %T");
  run_command({"scancel", "--signal=KILL", "--full", killed});
  run_command({"scancel", "--signal=USR1", "--batch", told});  // its status may be that of the job's end
  ASSERT_TRUE(await([&] { return queue("%i %T").find(told + " PENDING") != std::string::npos; })) << queue("%i %T");
  // SLURM lets what is requeued wait for two minutes.
  run_command({"scontrol", "update", "JobId=" + told, "StartTime=now"});
  ASSERT_TRUE(await([&] { return queue("%i").empty(); })) << queue("%i %T %r");
  EXPECT_EQ(states("array").count("finished"), runs - 1);

  // The same command does what is missing.
  const CommandResult rest = sweep("array", {"--slurm"});
  EXPECT_NE(rest.output.find("11 finished, 1 submitted as job "), std::string::npos) << rest.output << rest.errors;
  ASSERT_TRUE(await([&] { return queue("%i").empty(); })) << queue("%i %T %r");
  EXPECT_EQ(states("array").count("finished"), runs);
  EXPECT_EQ(sweep("array", {}).status, 0);

  ASSERT_EQ(sweep("local", {}).status, 0);
  std::size_t compared = 0;
  for (const auto& entry : fs::directory_iterator(folder_ / "local")) {
    if (!entry.is_directory()) continue;
    ++compared;
    for (const char* file : {"model.safetensors", "optimizer.safetensors", "metrics.jsonl"}) {
      EXPECT_TRUE(read_file(entry.path() / file) == read_file(folder_ / "array" / entry.path().filename() / file))
          << entry.path() << file;
    }
  }
  EXPECT_EQ(compared, runs);
}

TEST_F(Slurm, TasksOfAStepAreRanksOfOneRun) {
  const std::vector<std::string> train = {MATSEQ_EXECUTABLE,          "train", folder_ / "base.toml", "--set",
                                          "training.micro_batches=2", "--run"};
  const auto train_in = [&](const std::string& run, std::vector<std::string> command) {
    command.insert(command.end(), train.begin(), train.end());
    command.push_back(folder_ / run);
    return run_command(command);
  };
  const CommandResult ranks = train_in("ranks", {"srun", "--ntasks=2", "--label"});
  ASSERT_EQ(ranks.status, 0) << ranks.errors;
  EXPECT_NE(ranks.errors.find("1 threads on each of 2 ranks"), std::string::npos) << ranks.errors;
  ASSERT_EQ(train_in("alone", {"/usr/bin/env"}).status, 0);
  test::expect_same_files(folder_ / "alone", folder_ / "ranks");
}

TEST_F(Slurm, WhatItRefusesIsSaid) {
  write_file(folder_ / "sweep.toml", "base = \"base.toml\"\nseeds = 1\n[slurm]\npartition = \"nowhere\"\n");
  expect_refusal(sweep("refused", {"--slurm"}), {"sbatch", "partition"});
  const TemporaryFolder empty;
  const CommandResult without =
      run_command({"env", "PATH=" + empty.path().string(), MATSEQ_EXECUTABLE, "sweep",
                   (folder_ / "sweep.toml").string(), "--dir", (folder_ / "without").string(), "--slurm"});
  expect_refusal(without, {"'sbatch' cannot be started"});
}

}  // namespace
}  // namespace matseq
