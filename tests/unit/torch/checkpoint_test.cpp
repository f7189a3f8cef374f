// A damaged checkpoint gives way to the one before; one is never a mixture of two.
#include "run/tensors/checkpoint.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "trained_checkpoint.h"

namespace matseq {
namespace {

using namespace test;

TEST(Checkpoint, SavesAndLoads) {
  const TemporaryFolder folder;
  const RunFolder run(folder.path());
  EXPECT_FALSE(run.last_state());
  EXPECT_THROW(load(folder.path()), Error);
  Trained trained(10, 10);
  trained.state.training.update_in_epoch = 4;
  trained.state.training.epoch = 2;
  trained.state.training.loss_sum = 0.1 + 0.2;
  trained.state.training.best = {{"valid.accuracy", 1.0 / 3}};
  save_checkpoint(run, trained.state, trained.parts());
  EXPECT_EQ(load(folder.path()).update, 10);
  const TrainingState state = run.last_state().value().training;
  EXPECT_EQ(state.epoch, 2);
  EXPECT_EQ(state.loss_sum, 0.1 + 0.2);
  EXPECT_EQ(state.best, trained.state.training.best);
  EXPECT_FALSE(run.previous_state());
  save(folder.path(), 20);
  EXPECT_EQ(load(folder.path()).update, 20);
  EXPECT_EQ(seen_update(folder.path()), 20);
  EXPECT_EQ(run.previous_state().value().training.update, 10);
  for (const fs::directory_entry& file : fs::directory_iterator(folder.path())) {
    EXPECT_NE(file.path().extension(), ".next") << file;
  }
}

// Going back to the checkpoint before may be cut short, too.
TEST(Checkpoint, GoingBackCanBeCutShortAnywhere) {
  for (const char* damaged : {"model.safetensors", "optimizer.safetensors", "ema.safetensors", "state.json"}) {
    for (int steps = 0; steps < 4; ++steps) {
      const TemporaryFolder folder;
      save(folder.path(), 10);
      save(folder.path(), 20);
      flip_bit(folder / damaged, read_file(folder / damaged).size() / 2);
      const RunFolder run(folder.path());
      if (steps > 0) fs::rename(RunFolder::previous(run.weights()), run.weights());
      if (steps > 1) fs::rename(RunFolder::previous(run.optimizer()), run.optimizer());
      if (steps > 2) fs::rename(RunFolder::previous(run.average()), run.average());
      EXPECT_EQ(load(folder.path()).update, 10) << damaged << ' ' << steps;
      EXPECT_EQ(load(folder.path()).warning, "") << "it is whole again";
      EXPECT_EQ(seen_update(folder.path()), 10);
    }
  }
}

TEST(Checkpoint, ADamagedOneGivesWayToTheOneBefore) {
  for (const char* file : {"model.safetensors", "optimizer.safetensors", "ema.safetensors", "state.json"}) {
    for (const bool missing : {false, true}) {
      if (missing && std::string(file) == "state.json") continue;
      const TemporaryFolder folder;
      save(folder.path(), 10);
      save(folder.path(), 20);
      if (missing) {
        fs::remove(folder / file);
      } else {
        flip_bit(folder / file, read_file(folder / file).size() - 40);
      }
      if (std::string(file) != "optimizer.safetensors") {
        EXPECT_NE(reason([&] { seen_update(folder.path()); }).find(file), std::string::npos) << "not in silence";
      }
      const Loaded loaded = load(folder.path());
      EXPECT_EQ(loaded.update, 10) << file;
      EXPECT_NE(loaded.warning.find(file), std::string::npos) << loaded.warning;
      EXPECT_NE(loaded.warning.find("update 10"), std::string::npos) << loaded.warning;
    }
  }
}

TEST(Checkpoint, WithoutOneBeforeDamageIsAnError) {
  for (const char* file : {"model.safetensors", "optimizer.safetensors", "ema.safetensors", "state.json"}) {
    const TemporaryFolder folder;
    save(folder.path(), 10);
    const std::string content = read_file(folder / file);
    for (const std::string& damage : {content.substr(0, content.size() / 2), std::string("damaged")}) {
      write_file(folder / file, damage);
      EXPECT_NE(reason([&] { load(folder.path()); }).find(file), std::string::npos);
    }
    write_file(folder / file, content);
    EXPECT_EQ(load(folder.path()).update, 10);
  }
}

TEST(Checkpoint, PartsOfTwoAreNoCheckpoint) {
  const TemporaryFolder folder;
  const TemporaryFolder other;
  save(folder.path(), 10);
  save(other.path(), 20);
  fs::copy_file(other / "model.safetensors", folder / "model.safetensors", fs::copy_options::overwrite_existing);
  EXPECT_NE(reason([&] { load(folder.path()); }).find("model.safetensors"), std::string::npos);
}

TEST(Checkpoint, AnotherModelsIsRefusedAndKept) {
  const TemporaryFolder folder;
  save(folder.path(), 10);
  save(folder.path(), 20);
  const auto other = test::make_transformer({.vocabulary_size = 41, .longest_source = 8, .longest_target = 8},
                                            {{"encoder.layers", std::int64_t{1}},
                                             {"encoder.width", std::int64_t{4}},
                                             {"encoder.heads", std::int64_t{2}},
                                             {"decoder.layers", std::int64_t{1}},
                                             {"decoder.width", std::int64_t{4}},
                                             {"decoder.heads", std::int64_t{2}}});
  const Trained trained(-1);
  const auto attempt = [&] { load_checkpoint(RunFolder(folder.path()), {*other, *trained.optimizer}); };
  EXPECT_NE(reason(attempt).find("shape"), std::string::npos);
  EXPECT_EQ(load(folder.path()).update, 20);
}

TEST(Checkpoint, WeightsWithoutStateAreAnErrorThatSaysWhatToDo) {
  const TemporaryFolder folder;
  const RunFolder run(folder.path());
  EXPECT_NO_THROW(run.require_state_with_weights());
  save(folder.path(), 10);
  EXPECT_NO_THROW(run.require_state_with_weights());
  fs::rename(folder / "state.json", folder / "elsewhere");
  EXPECT_NE(reason([&] { run.require_state_with_weights(); }).find("no state.json"), std::string::npos);
  Trained evaluated(-1);
  load_weights(run, "model", *evaluated.network);
  expect_all(model_tensors(*evaluated.network), 10);

  fs::rename(folder / "elsewhere", folder / "state.json");
  save(folder.path(), 20);
  fs::remove(folder / "state.json");
  EXPECT_NE(reason([&] { run.require_state_with_weights(); }).find("rename state.previous.json"), std::string::npos);
  fs::rename(folder / "state.previous.json", folder / "state.json");
  EXPECT_NO_THROW(run.require_state_with_weights());
  EXPECT_EQ(load(folder.path()).update, 10);
}

TEST(Checkpoint, NamesTheCheckpointsThereAre) {
  const TemporaryFolder folder;
  const RunFolder run(folder.path());
  save(folder.path(), 10);
  Trained trained(7, 15);
  save_weights(run, "best-valid.accuracy", model_tensors(*trained.network), trained.state.training);
  Trained loaded(-1);
  load_weights(run, "best-valid.accuracy", *loaded.network);
  expect_all(model_tensors(*loaded.network), 7);
  const std::string message = reason([&] { load_weights(run, "epoch-3", *loaded.network); });
  EXPECT_NE(message.find("This run has: 'best-valid.accuracy', 'ema', 'model'"), std::string::npos) << message;
  const fs::path best = folder / "best-valid.accuracy.safetensors";
  flip_bit(best, read_file(best).size() - 40);
  EXPECT_NE(reason([&] { load_weights(run, "best-valid.accuracy", *loaded.network); }).find("damaged"),
            std::string::npos);
}

}  // namespace
}  // namespace matseq
