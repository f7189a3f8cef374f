/// \file
/// Checkpoints whose every number says at which update they were saved.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "make_model.h"
#include "matseq/error.h"
#include "run/tensors/checkpoint.h"
#include "run/tensors/model_tensors.h"
#include "temporary_folder.h"
#include "training/parameter_roles.h"

namespace matseq::test {

namespace fs = std::filesystem;

/// A network and optimizer whose every number says at which update they were saved.
struct Trained {
  explicit Trained(double value, std::int64_t update = 0) {
    network = make_transformer({.vocabulary_size = 40, .longest_source = 8, .longest_target = 8},
                               {{"encoder.layers", std::int64_t{1}},
                                {"encoder.width", std::int64_t{4}},
                                {"encoder.heads", std::int64_t{2}},
                                {"decoder.layers", std::int64_t{1}},
                                {"decoder.width", std::int64_t{4}},
                                {"decoder.heads", std::int64_t{2}}});
    static PluginLoader loader({MATSEQ_PLUGIN_DIR});
    ParameterTable table;
    table.where = "test.toml:1";
    optimizer = make_optimizer(loader, "adam", table, parameters_to_train(*network, 40));
    const torch::NoGradGuard no_gradients;
    for (const NamedTensor& tensor : model_tensors(*network)) {
      tensor.tensor.fill_(value);
      average.push_back({tensor.name, torch::full_like(tensor.tensor, value)});
    }
    for (const NamedTensor& tensor : optimizer->state()) tensor.tensor.fill_(value);
    state.training.update = update;
    state.training.update_in_epoch = update;
  }

  CheckpointParts parts() const { return {*network, *optimizer, average}; }

  std::unique_ptr<Model> network;
  std::unique_ptr<Optimizer> optimizer;
  std::vector<NamedTensor> average;
  SavedState state;
};

inline void expect_all(const std::vector<NamedTensor>& tensors, double value) {
  for (const NamedTensor& tensor : tensors) {
    EXPECT_TRUE((tensor.tensor == value).all().item<bool>()) << tensor.name << " is not " << value;
  }
}

/// The update of the last checkpoint as one sees it who only looks on; fails when its parts do not belong together.
inline std::int64_t seen_update(const fs::path& folder) {
  Trained read(-1);
  const std::int64_t update = read_checkpoint(RunFolder(folder), read.parts()).training.update;
  expect_all(model_tensors(*read.network), static_cast<double>(update));
  expect_all(read.optimizer->state(), static_cast<double>(update));
  expect_all(read.average, static_cast<double>(update));
  for (const char* weights : {"model", "ema"}) {
    Trained evaluated(-1);
    load_weights(RunFolder(folder), weights, *evaluated.network);
    expect_all(model_tensors(*evaluated.network), static_cast<double>(update));
  }
  return update;
}

struct Loaded {
  std::int64_t update;
  std::string warning;
};

/// The checkpoint that a training goes on from.
inline Loaded load(const fs::path& folder) {
  RunFolder(folder).recover();
  Trained loaded(-1);
  const LoadedCheckpoint checkpoint = load_checkpoint(RunFolder(folder), loaded.parts());
  const std::int64_t update = checkpoint.state.training.update;
  expect_all(model_tensors(*loaded.network), static_cast<double>(update));
  expect_all(loaded.optimizer->state(), static_cast<double>(update));
  expect_all(loaded.average, static_cast<double>(update));
  return {update, checkpoint.warning};
}

inline void save(const fs::path& folder, std::int64_t update) {
  const Trained trained(static_cast<double>(update), update);
  save_checkpoint(RunFolder(folder), trained.state, trained.parts());
}

inline std::string reason(const std::function<void()>& attempt) {
  try {
    attempt();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

inline void flip_bit(const fs::path& file, std::size_t place) {
  std::string content = read_file(file);
  content.at(place) = static_cast<char>(content.at(place) ^ 1);
  write_file(file, content);
}

}  // namespace matseq::test
