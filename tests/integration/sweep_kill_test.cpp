// A sweep that is killed again and again ends as one that was not. MATSEQ_SWEEP_STRIKES kills more often.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "processes.h"
#include "run_command.h"
#include "run_files.h"
#include "small_experiment.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

const std::string sweep_text = R"(base = "base.toml"
seeds = 3
jobs = 2
[grid]
"encoding.input" = ["P10", "P1000"]
"optimizer.learning_rate" = [1e-3, 3e-4]
)";
constexpr std::size_t runs = 12;

class SweepKill : public ::testing::Test {
 protected:
  SweepKill() {
    write_file(folder_ / "base.toml", often_saved_experiment);
    write_file(folder_ / "sweep.toml", sweep_text);
  }

  std::vector<std::string> command(const fs::path& dir) const {
    return matseq_command({"sweep", folder_ / "sweep.toml", "--dir", dir});
  }

  /// Notes what a sweeper said: what has finished is not begun again, ever.
  void hear(const std::string& errors) {
    std::istringstream lines(errors);
    for (std::string line; std::getline(lines, line);) {
      const std::string name = line.substr(std::min<std::size_t>(10, line.size()));
      if (line.starts_with("begun     ")) {
        EXPECT_FALSE(finished_.contains(name)) << name << " was done twice";
      }
      if (line.starts_with("finished  ")) {
        EXPECT_TRUE(finished_.insert(name.substr(0, name.find(':'))).second) << line;
      }
    }
  }

  void strike(RunningCommand& sweeper) {
    const std::vector<pid_t> processes = test::children(sweeper.process());
    const int kind = std::uniform_int_distribution(0, 2)(random_);
    if (kind != 0 && !processes.empty()) {
      const std::size_t last = processes.size() - 1;
      ::kill(processes[std::uniform_int_distribution<std::size_t>(0, last)(random_)], SIGKILL);
      ++strikes_;
    }
    if (kind != 1) {
      sweeper.send(SIGKILL);
      ++strikes_;
    }
  }

  /// Runs the command until it has ended by itself, killing it and its runs in between.
  void sweep_under_strikes(const fs::path& dir, int strikes) {
    finished_.clear();
    for (bool complete = false; !complete;) {
      RunningCommand sweeper(command(dir));
      while (strikes_ < strikes && !sweeper.ended()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution(50, 2500)(random_)));
        if (!sweeper.ended()) strike(sweeper);
      }
      const CommandResult result = sweeper.wait();
      hear(result.errors);
      complete = result.status == 0;
      ASSERT_TRUE(complete || result.status == -SIGKILL || strikes_ > 0) << result.errors;
    }
  }

  TemporaryFolder folder_;
  std::mt19937 random_{20221};
  int strikes_ = 0;
  std::set<std::string> finished_;
};

TEST_F(SweepKill, EndsAsIfNothingHadHappened) {
  const fs::path whole = folder_ / "whole";
  const CommandResult result = run_command(command(whole));
  ASSERT_EQ(result.status, 0) << result.errors;
  const char* wish = std::getenv("MATSEQ_SWEEP_STRIKES");
  const int strikes = wish == nullptr ? 10 : std::atoi(wish);
  for (int round = 0; strikes_ < strikes; ++round) {
    const fs::path struck = folder_ / ("struck-" + std::to_string(round));
    sweep_under_strikes(struck, strikes);
    EXPECT_EQ(read_file(whole / "sweep.json"), read_file(struck / "sweep.json"));
    std::size_t compared = 0;
    for (const auto& entry : fs::directory_iterator(whole)) {
      if (!entry.is_directory()) continue;
      test::expect_same_files(entry.path(), struck / entry.path().filename());
      ++compared;
    }
    EXPECT_EQ(compared, runs);
    const CommandResult again = run_command(command(struck));
    EXPECT_EQ(again.status, 0);
    EXPECT_EQ(again.errors.find("begun"), std::string::npos) << again.errors;
  }
}

}  // namespace
}  // namespace matseq
