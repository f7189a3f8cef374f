// A run that is killed again and again ends as one that never was: same weights, optimizer state, counters and figures,
// to the bit.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <thread>

#include "run_command.h"
#include "small_experiment.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr int kills = 10;
const std::string experiment = small_model + R"([schedule]
plugin = "inverse_sqrt"
warmup_updates = 50
[training]
batch_size = 4
accumulate_gradients = 2
epoch_size = 3200
max_epoch = 5
save_every = 25
log_every = 17
save_periodic = 2
threads = 1
ema = 0.99
label_smoothing = 0.1
stopping_criterion = "_valid.cross_entropy,50"
validation_metrics = ["_valid.cross_entropy", "_valid.ema.cross_entropy"]
[evaluation]
size = 16
max_output_len = 40
)";

std::string content(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(ExactResume, KilledTenTimesEndsAsIfNeverKilled) {
  const TemporaryFolder folder;
  const fs::path config = folder / "experiment.toml";
  write_file(config, experiment);
  const fs::path whole = folder / "whole";
  const fs::path killed = folder / "killed";
  ASSERT_EQ(run_matseq({"train", config, "--run", whole}).status, 0);

  std::mt19937 random(7);
  std::uniform_int_distribution<int> milliseconds(0, 60);
  for (int kill = 0; kill < kills; ++kill) {
    const std::string before = content(killed / "state.json");
    RunningCommand training(matseq_command({"train", config, "--run", killed}));
    // Until it has come further: on a busy machine no time is sure to be enough.
    while (content(killed / "state.json") == before && !training.ended()) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds(random)));
    ASSERT_FALSE(training.ended()) << "finished before kill " << kill;
    training.send(SIGKILL);
    ASSERT_EQ(training.wait().status, -SIGKILL);
  }
  const CommandResult last = run_matseq({"train", config, "--run", killed});
  ASSERT_EQ(last.status, 0) << last.errors;
  EXPECT_NE(last.errors.find("continuing at update"), std::string::npos);

  for (const char* file : {"model.safetensors", "optimizer.safetensors", "state.json", "metrics.jsonl", "config.toml",
                           "best-valid.cross_entropy.safetensors", "epoch-2.safetensors", "epoch-4.safetensors",
                           "ema.safetensors", "epoch-4.ema.safetensors", "best-valid.ema.cross_entropy.safetensors"}) {
    EXPECT_FALSE(content(whole / file).empty()) << file;
    EXPECT_TRUE(content(whole / file) == content(killed / file)) << file << " differs";
  }
}

}  // namespace
}  // namespace matseq
