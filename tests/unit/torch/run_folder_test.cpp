// A checkpoint is old or new, never a mixture, wherever a crash cuts its saving short.
#include "run/tensors/run_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "make_model.h"
#include "matseq/error.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

/// A network and optimizer whose every number says at which update they were saved.
struct Trained {
  explicit Trained(double value, std::int64_t update = 0) {
    network = test::make_transformer({.tokens = 40, .longest_source = 8, .longest_target = 8},
                                     {{"encoder.layers", std::int64_t{1}},
                                      {"encoder.width", std::int64_t{4}},
                                      {"encoder.heads", std::int64_t{2}},
                                      {"decoder.layers", std::int64_t{1}},
                                      {"decoder.width", std::int64_t{4}},
                                      {"decoder.heads", std::int64_t{2}}});
    static PluginLoader loader({MATSEQ_PLUGIN_DIR});
    ParameterTable table;
    table.where = "test.toml:1";
    optimizer = make_optimizer(loader, "adam", table, trained_parameters(*network));
    const torch::NoGradGuard no_gradients;
    for (const NamedTensor& tensor : model_tensors(*network)) tensor.tensor.fill_(value);
    for (const NamedTensor& tensor : optimizer->state()) tensor.tensor.fill_(value);
    state.update = update;
  }

  std::unique_ptr<Model> network;
  std::unique_ptr<Optimizer> optimizer;
  TrainingState state;
};

/// Update and value of a complete checkpoint; fails when its parts do not belong together.
std::int64_t loaded_update(const fs::path& folder) {
  Trained loaded(-1);
  const TrainingState state = RunFolder(folder).load(*loaded.network, *loaded.optimizer);
  const auto value = static_cast<double>(state.update);
  for (const NamedTensor& tensor : model_tensors(*loaded.network)) {
    EXPECT_TRUE((tensor.tensor == value).all().item<bool>()) << tensor.name;
  }
  for (const NamedTensor& tensor : loaded.optimizer->state()) {
    EXPECT_TRUE((tensor.tensor == value).all().item<bool>()) << tensor.name;
  }
  Trained evaluated(-1);
  RunFolder(folder).load_weights("model", *evaluated.network);
  for (const NamedTensor& tensor : model_tensors(*evaluated.network)) {
    EXPECT_TRUE((tensor.tensor == value).all().item<bool>()) << tensor.name;
  }
  return state.update;
}

void save(const fs::path& folder, std::int64_t update) {
  const Trained trained(static_cast<double>(update), update);
  RunFolder(folder).save(trained.state, *trained.network, *trained.optimizer);
}

/// The folder as it stands after so many of the steps of saving the checkpoint 20 over the checkpoint 10. The steps:
/// model.safetensors.next, optimizer.safetensors.next, state.json, rename of the model, rename of the optimizer.
void crash_after(int steps, const fs::path& folder) {
  const TemporaryFolder newer;
  save(newer.path(), 20);
  fs::create_directories(folder);
  save(folder, 10);
  const auto put = [&](const char* file, const std::string& as) {
    fs::copy_file(newer / file, folder / as, fs::copy_options::overwrite_existing);
  };
  if (steps >= 1) put("model.safetensors", "model.safetensors.next");
  if (steps >= 2) put("optimizer.safetensors", "optimizer.safetensors.next");
  if (steps >= 3) put("state.json", "state.json");
  if (steps >= 4) fs::rename(folder / "model.safetensors.next", folder / "model.safetensors");
  if (steps >= 5) fs::rename(folder / "optimizer.safetensors.next", folder / "optimizer.safetensors");
}

TEST(RunFolder, SavesAndLoads) {
  const TemporaryFolder folder;
  EXPECT_FALSE(RunFolder(folder.path()).has_checkpoint());
  EXPECT_THROW(RunFolder(folder.path()).training_state(), Error);
  Trained trained(10, 10);
  trained.state.epoch = 2;
  trained.state.loss_sum = 0.1 + 0.2;
  trained.state.best = {{"valid.accuracy", 1.0 / 3}};
  RunFolder(folder.path()).save(trained.state, *trained.network, *trained.optimizer);
  EXPECT_TRUE(RunFolder(folder.path()).has_checkpoint());
  EXPECT_EQ(loaded_update(folder.path()), 10);
  const TrainingState state = RunFolder(folder.path()).training_state();
  EXPECT_EQ(state.epoch, 2);
  EXPECT_EQ(state.loss_sum, 0.1 + 0.2);
  EXPECT_EQ(state.best, trained.state.best);
  save(folder.path(), 20);
  EXPECT_EQ(loaded_update(folder.path()), 20);
  for (const fs::directory_entry& file : fs::directory_iterator(folder.path())) {
    EXPECT_NE(file.path().extension(), ".next") << file;
  }
}

class RunFolderCrash : public ::testing::TestWithParam<int> {};

TEST_P(RunFolderCrash, LeavesTheOldOrTheNewCheckpoint) {
  const TemporaryFolder parent;
  const fs::path folder = parent / "run";
  crash_after(GetParam(), folder);
  EXPECT_EQ(loaded_update(folder), GetParam() < 3 ? 10 : 20);
}

// The next save must not tear apart what the crash left.
TEST_P(RunFolderCrash, AnotherCrashInTheNextSaveLosesNothing) {
  const TemporaryFolder parent;
  const fs::path folder = parent / "run";
  crash_after(GetParam(), folder);
  const std::int64_t before = GetParam() < 3 ? 10 : 20;
  // Saving fails as soon as it writes the optimizer's tensors: a folder is in their way.
  fs::remove_all(folder / "optimizer.safetensors.next.partial");
  fs::create_directories(folder / "optimizer.safetensors.next.partial" / "in the way");
  EXPECT_THROW(save(folder, 30), Error);
  EXPECT_EQ(loaded_update(folder), before);
  fs::remove_all(folder / "optimizer.safetensors.next.partial");
  save(folder, 30);
  EXPECT_EQ(loaded_update(folder), 30);
}

INSTANTIATE_TEST_SUITE_P(Steps, RunFolderCrash, ::testing::Range(0, 6));

TEST(RunFolder, DamagedOrMissingPartsAreErrors) {
  const TemporaryFolder folder;
  Trained loaded(-1);
  const auto load = [&] { RunFolder(folder.path()).load(*loaded.network, *loaded.optimizer); };
  for (const char* file : {"model.safetensors", "optimizer.safetensors", "state.json"}) {
    save(folder.path(), 10);
    const std::string content = read_file(folder / file);
    write_file(folder / file, content.substr(0, content.size() / 2));
    EXPECT_THROW(load(), Error) << file << " cut in half";
    fs::remove(folder / file);
    EXPECT_THROW(load(), Error) << file << " is missing";
    write_file(folder / file, content);
    EXPECT_NO_THROW(load());
  }
  // Parts of two checkpoints.
  const TemporaryFolder other;
  save(other.path(), 20);
  fs::copy_file(other / "model.safetensors", folder / "model.safetensors", fs::copy_options::overwrite_existing);
  EXPECT_THROW(load(), Error);
}

TEST(RunFolder, NamesTheCheckpointsThereAre) {
  const TemporaryFolder folder;
  save(folder.path(), 10);
  Trained trained(7, 15);
  RunFolder(folder.path()).save_weights("best-valid.accuracy", *trained.network, trained.state);
  Trained loaded(-1);
  RunFolder(folder.path()).load_weights("best-valid.accuracy", *loaded.network);
  EXPECT_TRUE((model_tensors(*loaded.network)[0].tensor == 7).all().item<bool>());
  try {
    RunFolder(folder.path()).load_weights("epoch-3", *loaded.network);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("this run has: 'best-valid.accuracy', 'model'"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace matseq
