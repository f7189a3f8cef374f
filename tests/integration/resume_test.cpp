// A run that is killed again and again ends as one that never was: same weights, optimizer state, counters and figures,
// to the bit.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "temporary_folder.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr int kills = 20;
constexpr const char* experiment = R"(
[task]
plugin = "transpose"
min_dimension = 2
max_dimension = 2
[encoding]
input = "P10"
output = "P10"
[model]
plugin = "transformer"
encoder = { layers = 1, width = 16, heads = 2 }
decoder = { layers = 1, width = 16, heads = 2 }
dropout = 0.1
[optimizer]
plugin = "adam"
learning_rate = 1e-3
[schedule]
plugin = "inverse_sqrt"
warmup_updates = 50
[data]
max_len = 40
[training]
batch_size = 4
accumulate_gradients = 2
epoch_size = 3200
max_epoch = 4
save_every = 23
log_every = 17
save_periodic = 2
threads = 1
stopping_criterion = "_valid.cross_entropy,50"
validation_metrics = ["_valid.cross_entropy"]
[evaluation]
size = 16
max_output_len = 40
)";

std::string content(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::size_t lines(const fs::path& file) {
  const std::string text = content(file);
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

pid_t start(const fs::path& config, const fs::path& run) {
  std::array<std::string, 5> words = {MATSEQ_EXECUTABLE, "train", config, "--run", run};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = -1;
  EXPECT_EQ(posix_spawn(&child, MATSEQ_EXECUTABLE, &actions, nullptr, arguments.data(), environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  return child;
}

/// Exit status, or -signal.
int wait_for(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// Waits until the process has said that it trains; false when it ended before.
bool wait_until_it_trains(pid_t child, const fs::path& log, std::size_t lines_before) {
  while (lines(log) == lines_before) {
    if (waitpid(child, nullptr, WNOHANG) != 0) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

TEST(ExactResume, KilledTwentyTimesEndsAsIfNeverKilled) {
  const TemporaryFolder folder;
  const fs::path config = folder.path() / "experiment.toml";
  std::ofstream(config) << experiment;
  const fs::path whole = folder.path() / "whole";
  const fs::path killed = folder.path() / "killed";
  ASSERT_EQ(wait_for(start(config, whole)), 0);

  std::mt19937 random(7);
  std::uniform_int_distribution<int> milliseconds(0, 120);
  for (int kill_number = 0; kill_number < kills; ++kill_number) {
    const fs::path log = killed / "train.log";
    const std::size_t lines_before = lines(log);
    const pid_t child = start(config, killed);
    ASSERT_TRUE(wait_until_it_trains(child, log, lines_before)) << "finished before kill " << kill_number;
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds(random)));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    ASSERT_EQ(wait_for(child), -SIGKILL) << "finished before kill " << kill_number;
  }
  ASSERT_EQ(wait_for(start(config, killed)), 0);

  for (const char* file : {"model.safetensors", "optimizer.safetensors", "state.json", "metrics.jsonl", "config.toml",
                           "best-valid.cross_entropy.safetensors", "epoch-2.safetensors", "epoch-4.safetensors"}) {
    EXPECT_FALSE(content(whole / file).empty()) << file;
    EXPECT_TRUE(content(whole / file) == content(killed / file)) << file << " differs";
  }
}

}  // namespace
}  // namespace matseq
