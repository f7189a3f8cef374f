// What an update is cut into decides its bits; who works on the pieces, and how many at a time, does not.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "run_command.h"
#include "small_experiment.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

const std::string experiment = small_model + R"([schedule]
plugin = "inverse_sqrt"
warmup_updates = 50
[training]
epoch_size = 480
max_epoch = 2
log_every = 7
micro_batches = 4
device = "cpu"
[evaluation]
size = 50
max_output_len = 40
)";

struct Way {
  int threads;
  int batch_size;
  int accumulate_gradients;
};

void expect_same_runs(const std::vector<std::string>& settings) {
  const TemporaryFolder folder;
  write_file(folder / "experiment.toml", experiment);
  const auto train = [&](const Way& way) {
    const std::string run = folder / ("run-" + std::to_string(way.threads) + "-" + std::to_string(way.batch_size));
    std::vector<std::string> arguments = {"train", folder / "experiment.toml", "--run", run};
    const auto set = [&](const std::string& setting) { arguments.insert(arguments.end(), {"--set", setting}); };
    set("model.dropout=0");
    set("training.threads=" + std::to_string(way.threads));
    set("training.batch_size=" + std::to_string(way.batch_size));
    set("training.accumulate_gradients=" + std::to_string(way.accumulate_gradients));
    for (const std::string& setting : settings) set(setting);
    const CommandResult result = run_matseq(arguments);
    EXPECT_EQ(result.status, 0) << result.errors;
    return run;
  };
  const std::string first = train({1, 16, 1});
  for (const Way way : {Way{2, 16, 1}, Way{3, 16, 1}, Way{1, 8, 2}, Way{2, 4, 4}}) {
    const std::string other = train(way);
    for (const std::string file :
         {"/model.safetensors", "/optimizer.safetensors", "/metrics.jsonl", "/best-valid.accuracy.safetensors"}) {
      EXPECT_FALSE(read_file(first + file).empty());
      EXPECT_TRUE(read_file(first + file) == read_file(other + file)) << other << file;
    }
  }
}

TEST(MicroBatches, ThreadsAndBatchesChangeNoBitOfARun) { expect_same_runs({}); }

TEST(MicroBatches, NorOfOneByLibTorchsOperations) { expect_same_runs({"model.fused=false", "training.max_epoch=1"}); }

TEST(MicroBatches, NorOfOneWithMuon) { expect_same_runs({"optimizer.plugin=muon"}); }

}  // namespace
}  // namespace matseq
