// Signals: what they stop is stopped soon, saves first where there is something to save, and says so by its status.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <functional>
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
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds soon{20};  // a second, and much for a machine that is busy
constexpr int stop_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

const std::string experiment = small_model + R"([training]
batch_size = 8
epoch_size = 800
max_epoch = 1
save_every = 0
device = "cpu"
threads = 2
log_every = 5
[evaluation]
size = 32
max_output_len = 30
)";

class Stop : public ::testing::Test {
 protected:
  Stop() { write_file(config_, experiment); }

  std::vector<std::string> train(const fs::path& run, const std::vector<std::string>& overrides = {}) const {
    std::vector<std::string> tokens = {"train", config_, "--run", run};
    for (const std::string& setting : overrides) tokens.insert(tokens.end(), {"--set", setting});
    return matseq_command(std::move(tokens));
  }

  static void wait_until(const RunningCommand& command, const std::function<bool()>& reached) {
    while (!command.ended() && !reached()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    EXPECT_FALSE(command.ended()) << command.errors();
  }

  static void wait_for_update(const RunningCommand& command, const std::string& update) {
    wait_until(command, [&] { return command.errors().find("update " + update) != std::string::npos; });
  }

  /// A run that was not stopped, and that others are to be equal to.
  fs::path whole_run() const {
    const fs::path run = folder_ / "whole";
    const CommandResult result = run_command(train(run));
    EXPECT_EQ(result.status, 0) << result.errors;
    return run;
  }

  void expect_that_it_goes_on(const fs::path& stopped, const fs::path& whole,
                              const std::vector<std::string>& overrides = {}) const {
    const CommandResult continued = run_command(train(stopped, overrides));
    ASSERT_EQ(continued.status, 0) << continued.errors;
    for (const char* file : {"model.safetensors", "optimizer.safetensors", "metrics.jsonl", "state.json"}) {
      EXPECT_TRUE(read_file(stopped / file) == read_file(whole / file)) << file;
    }
  }

  TemporaryFolder folder_;
  std::string config_ = folder_ / "experiment.toml";
};

/// Sends the signal; expects an end soon, with the status that tells of it.
CommandResult expect_stop(RunningCommand& command, int signal) {
  const Clock::time_point begin = Clock::now();
  command.send(signal);
  const CommandResult result = command.wait();
  EXPECT_LT(Clock::now() - begin, soon);
  EXPECT_EQ(result.status, 128 + signal) << result.errors;
  return result;
}

/// Signals of the set that /proc/.../status names so.
std::uint64_t signals(const fs::path& status, const std::string& name) {
  std::istringstream lines(read_file(status));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + ":")) return std::stoull(line.substr(name.size() + 1), nullptr, 16);
  }
  ADD_FAILURE() << "no " << name << " in " << status;
  return 0;
}

// A handler's frame is written where the stack pointer of the interrupted thread points to: within a matrix product of
// oneDNN into the heap. So there must be none, and no thread but the one that awaits signals may take them.
TEST_F(Stop, NoThreadThatComputesIsInterrupted) {
  RunningCommand command(train(folder_ / "run", {"training.epoch_size=1000000"}));
  wait_for_update(command, "     20");
  const fs::path process = fs::path("/proc") / std::to_string(command.process());
  std::uint64_t stops = 0;
  for (const int signal : stop_signals) stops |= std::uint64_t{1} << static_cast<unsigned>(signal - 1);
  EXPECT_EQ(signals(process / "status", "SigCgt") & stops, 0U);
  EXPECT_EQ(signals(process / "status", "SigIgn") & stops, 0U);
  int threads = 0;
  int taking = 0;
  for (const fs::directory_entry& thread : fs::directory_iterator(process / "task")) {
    ++threads;
    if ((signals(thread.path() / "status", "SigBlk") & stops) != stops) ++taking;
  }
  EXPECT_GT(threads, 2);
  EXPECT_EQ(taking, 1);
}

class StopBySignal : public Stop, public ::testing::WithParamInterface<int> {};

// Twice, as `timeout` does it: to the process and to its group.
TEST_P(StopBySignal, TrainingSavesAndGoesOnAsIfNothingHadHappened) {
  const fs::path stopped = folder_ / "stopped";
  RunningCommand command(train(stopped));
  wait_for_update(command, "     20");
  command.send(GetParam());
  const CommandResult result = expect_stop(command, GetParam());
  EXPECT_NE(result.errors.find("interrupted at update"), std::string::npos) << result.errors;
  const fs::path whole = whole_run();
  EXPECT_FALSE(read_file(stopped / "model.safetensors") == read_file(whole / "model.safetensors"));
  expect_that_it_goes_on(stopped, whole);
}

INSTANTIATE_TEST_SUITE_P(Signals, StopBySignal, ::testing::ValuesIn(stop_signals),
                         [](const auto& information) { return std::to_string(information.param); });

TEST_F(Stop, AnUpdateOfManyBatchesIsLeftAndRepeated) {
  const fs::path stopped = folder_ / "stopped";
  const std::vector<std::string> large_updates = {"training.accumulate_gradients=100000", "training.epoch_size=800000"};
  RunningCommand command(train(stopped, large_updates));
  wait_until(command, [&] { return fs::exists(stopped / "state.json"); });  // the loop begins
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const CommandResult result = expect_stop(command, SIGTERM);
  EXPECT_NE(result.errors.find("interrupted at update 0"), std::string::npos) << result.errors;
}

TEST_F(Stop, AnEvaluationIsLeftAndRepeated) {
  const fs::path stopped = folder_ / "stopped";
  const std::vector<std::string> long_evaluation = {"evaluation.size=1000000", "evaluation.beam_size=10"};
  RunningCommand command(train(stopped, long_evaluation));
  wait_for_update(command, "    100");
  wait_until(command, [&] { return read_file(stopped / "state.json").find("\"update\": 100") != std::string::npos; });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  expect_stop(command, SIGTERM);
  expect_that_it_goes_on(stopped, whole_run());
}

TEST_F(Stop, AReaderWhoGoesAwayIsAReasonToSave) {
  const fs::path stopped = folder_ / "stopped";
  const CommandResult piped = run_command({"bash", "-c", "\"$@\" 2>&1 | head -3; exit ${PIPESTATUS[0]}", "bash",
                                           MATSEQ_EXECUTABLE, "train", config_, "--run", stopped.string()});
  EXPECT_EQ(piped.status, 128 + SIGPIPE);
  EXPECT_EQ(piped.lines(), 3U);
  EXPECT_NE(read_file(stopped / "train.log").find("interrupted at update"), std::string::npos);
  expect_that_it_goes_on(stopped, whole_run());
}

TEST_F(Stop, SignalsThatTheProcessWasToldToIgnoreStayIgnored) {
  std::vector<std::string> tokens = train(folder_ / "run");
  tokens.insert(tokens.begin(), {"bash", "-c", "trap '' HUP INT; exec \"$@\"", "bash"});
  RunningCommand command(tokens);
  wait_for_update(command, "     20");
  command.send(SIGHUP);
  command.send(SIGINT);
  const CommandResult result = command.wait();
  EXPECT_EQ(result.status, 0) << result.errors;
}

TEST_F(Stop, EvalLeavesNothingHalfDone) {
  const fs::path run = whole_run();
  const fs::path predictions = folder_ / "predictions.jsonl";
  RunningCommand command(matseq_command(
      {"eval", run, "--set", "evaluation.size=1000000", "--verbose", "1", "--predictions", predictions}));
  const fs::path partial = predictions.string() + ".partial";
  wait_until(command, [&] { return fs::exists(partial) && fs::file_size(partial) > 0; });
  expect_stop(command, SIGTERM);
  EXPECT_FALSE(fs::exists(partial));
  EXPECT_FALSE(fs::exists(predictions));
}

TEST_F(Stop, WhatHasNothingToSaveEndsAsUsual) {
  RunningCommand command(matseq_command({"generate", config_, "--count", "1000000000"}));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  command.send(SIGINT);
  EXPECT_EQ(command.wait().status, -SIGINT);
}

}  // namespace
}  // namespace matseq
