// Ranks on two machines, whose connection breaks: network namespaces, which only share their files.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
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
using test::await;
using namespace std::chrono_literals;

class TwoMachines : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "TWO MACHINES ARE NOT TESTED: it needs root";
    const CommandResult started = control("start");
    if (started.status != 0) {
      control("stop");
      GTEST_SKIP() << "TWO MACHINES ARE NOT TESTED: there are no network namespaces here: " << started.errors;
    }
    write_file(folder_ / "experiment.toml", small_experiment);
  }

  void TearDown() override { control("stop"); }

  CommandResult control(const std::string& action) const {
    return run_command({MATSEQ_SOURCE_DIR "/tests/support/two_machines.sh", action, name_});
  }

  /// The training by the rank of one machine, "a" or "b", as torchrun starts it.
  std::vector<std::string> rank_on(const std::string& side, const fs::path& run,
                                   const std::vector<std::string>& settings) const {
    std::vector<std::string> command = {"/usr/bin/env",
                                        "ip",
                                        "netns",
                                        "exec",
                                        name_ + "-" + side,
                                        "env",
                                        side == "a" ? "RANK=0" : "RANK=1",
                                        "WORLD_SIZE=2",
                                        "LOCAL_RANK=0",
                                        "LOCAL_WORLD_SIZE=1",
                                        "MASTER_ADDR=10.77.0.1",
                                        "MASTER_PORT=29511",
                                        MATSEQ_EXECUTABLE,
                                        "train",
                                        folder_ / "experiment.toml",
                                        "--run",
                                        run};
    for (const std::string& setting : settings) command.insert(command.end(), {"--set", setting});
    return command;
  }

  std::string name_ = "matseq-" + std::to_string(::getpid());
  TemporaryFolder folder_;
};

TEST_F(TwoMachines, StopInTimeWhenTheCableIsCutAndGoOnAsIfNothingHadBeen) {
  const std::vector<std::string> settings = {"training.max_epoch=30", "training.micro_batches=2",
                                             "training.save_every=5", "training.rank_timeout=8"};
  const fs::path run = folder_ / "run";
  {
    RunningCommand first(rank_on("a", run, settings)), second(rank_on("b", run, settings));
    ASSERT_TRUE(await([&] {
      return fs::exists(run / "state.json") && first.errors().find("update") != std::string::npos;
    })) << first.errors()
        << second.errors();
    ASSERT_EQ(control("cut").status, 0);
    const auto cut = std::chrono::steady_clock::now();
    const CommandResult of_first = first.wait(), of_second = second.wait();
    EXPECT_LT(std::chrono::steady_clock::now() - cut, 60s);
    expect_refusal(CommandResult{of_second.status, "", of_second.errors.substr(of_second.errors.find("matseq: "))},
                   {"rank 0 at 10.77.0.1:29511 cannot be reached any more"});
    EXPECT_EQ(of_first.status, 1);
    EXPECT_NE(of_first.errors.find("matseq: no sign of life from rank 1 of 2"), std::string::npos) << of_first.errors;
  }
  ASSERT_EQ(control("stop").status, 0);
  ASSERT_EQ(control("start").status, 0);
  RunningCommand first(rank_on("a", run, settings)), second(rank_on("b", run, settings));
  EXPECT_EQ(second.wait().status, 0);
  EXPECT_EQ(first.wait().status, 0);

  std::vector<std::string> alone = {"train", folder_ / "experiment.toml", "--run", folder_ / "alone"};
  for (const std::string& setting : settings) alone.insert(alone.end(), {"--set", setting});
  ASSERT_EQ(run_matseq(alone).status, 0);
  test::expect_same_files(folder_ / "alone", run);
}

}  // namespace
}  // namespace matseq
