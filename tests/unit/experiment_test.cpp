// An experiment file as typed values, and what is refused in one. What needs the plugins is in
// torch/resolved_experiment_test.cpp.
#include "configuration/experiment.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "matseq/error.h"

namespace matseq {
namespace {

Experiment read(const std::string& text) { return read_experiment(parse_toml(text, "e.toml", {}), "/folder"); }

constexpr const char* task = "[task]\nplugin = \"eigenvalues\"\neigen_distribution = [\"laplace\"]\n";

void expect_refused(const std::string& text, const std::vector<std::string>& parts) {
  try {
    read(text);
    ADD_FAILURE() << "accepted: " << text;
  } catch (const Error& error) {
    for (const std::string& part : parts) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
          << "'" << part << "' is not in: " << error.what();
    }
  }
}

TEST(Experiment, OnlyTheTaskIsNeeded) {
  const Experiment experiment = read(task);
  EXPECT_EQ(experiment.task.plugin, "eigenvalues");
  EXPECT_FALSE(experiment.task.table.entries.contains("plugin"));
  EXPECT_EQ(experiment.model.plugin, "transformer");
  EXPECT_EQ(experiment.optimizer.plugin, "adam");
  EXPECT_EQ(experiment.schedule.plugin, "constant");
  EXPECT_EQ(experiment.input_encoding.plugin, "positional");
  EXPECT_EQ(experiment.data.seed, 1U);
  EXPECT_EQ(experiment.training.batch_size, 64);
  EXPECT_EQ(experiment.training.epoch_size, 300000);
  EXPECT_EQ(experiment.training.clip_grad_norm, 5);
  EXPECT_EQ(experiment.evaluation.size, 10000);
  EXPECT_EQ(experiment.evaluation.batch_size, 128);
  EXPECT_EQ(experiment.evaluation.tolerances, (std::vector<double>{0.05, 0.02, 0.01, 0.005}));
  ASSERT_EQ(experiment.evaluation.sets.size(), 1U);
  EXPECT_EQ(experiment.evaluation.sets[0].name, "valid");
}

TEST(Experiment, TestSetsOverrideTheTask) {
  const Experiment experiment = read(std::string(task) + R"(
[evaluation]
task = { eigen_distribution = ["uniform"], sigma = 2 }
[[evaluation.sets]]
name = "semicircle"
task = { eigen_distribution = ["semicircle"] }
[[evaluation.sets]]
name = "as-trained_1"
)");
  const auto distribution = [&](std::size_t set) {
    return std::get<std::vector<std::string>>(
        experiment.evaluation.sets.at(set).task.entries.at("eigen_distribution").value);
  };
  ASSERT_EQ(experiment.evaluation.sets.size(), 3U);
  EXPECT_EQ(distribution(0), std::vector<std::string>{"uniform"});
  EXPECT_EQ(distribution(1), std::vector<std::string>{"semicircle"});
  EXPECT_EQ(distribution(2), std::vector<std::string>{"laplace"});
  EXPECT_EQ(experiment.evaluation.sets[2].name, "as-trained_1");
}

TEST(Experiment, OptimizersAsTablesOrAsTheReferencesSpec) {
  const Experiment tables =
      read(std::string(task) + "[optimizer]\nplugin = \"sgd\"\nlearning_rate = 0.1\n[schedule]\n" +
           "plugin = \"warmup\"\nwarmup_updates = 10\n");
  EXPECT_EQ(tables.optimizer.plugin, "sgd");
  EXPECT_EQ(tables.schedule.plugin, "warmup");
  const Experiment spec = read(std::string("optimizer = \"adam_cosine,lr=0.01,warmup_updates=7\"\n") + task);
  EXPECT_EQ(spec.optimizer.plugin, "adam");
  EXPECT_EQ(spec.schedule.plugin, "cosine");
  EXPECT_EQ(std::get<double>(spec.optimizer.table.entries.at("learning_rate").value), 0.01);
  expect_refused(std::string("optimizer = \"adam\"\n") + task + "[schedule]\nplugin = \"warmup\"\n",
                 {"e.toml:1", "must be a table, or a spec", "[schedule]"});
}

TEST(Experiment, EncodingsByPresetSpecAndTable) {
  const Experiment experiment = read(std::string(task) + R"(
[encoding]
input = "FP15"
output = { plugin = "positional", precision = 3, base = 100 }
max_dimension = 7
)");
  EXPECT_EQ(experiment.input_encoding.plugin, "floating_point");
  EXPECT_EQ(experiment.output_encoding.plugin, "positional");
  EXPECT_EQ(std::get<std::int64_t>(experiment.output_encoding.table.entries.at("base").value), 100);
  EXPECT_EQ(experiment.max_dimension, 7);
}

TEST(Experiment, PathsAreRelativeToItsFolder) {
  const Experiment experiment =
      read(std::string("plugin_path = [\"plugins\", \"/elsewhere\"]\n") + task +
           "[data]\nreload_data = \"../data/train.txt\"\n[evaluation]\ndata = \"test.txt\"\n");
  EXPECT_EQ(experiment.plugin_path, (std::vector<std::filesystem::path>{"/folder/plugins", "/elsewhere"}));
  EXPECT_EQ(experiment.data.reload_data, "/data/train.txt");
  EXPECT_EQ(experiment.evaluation.data, "/folder/test.txt");
}

TEST(Experiment, WhatItCannotMeanIsRefused) {
  const std::string begin = task;
  expect_refused("", {"e.toml", "'task.plugin' is missing"});
  expect_refused("[task]\nplugin = 3\n", {"e.toml:2", "'task.plugin' must be a string"});
  expect_refused("seed = 1\n" + begin, {"e.toml:1", "unknown key 'seed'"});
  expect_refused(begin + "[trainning]\n", {"e.toml:4", "[trainning]", "did you mean 'training'?"});
  expect_refused(begin + "[data]\nseed = -1\n", {"e.toml:5", "'data.seed'", "at least 0"});
  expect_refused(begin + "[data]\nseed = 1.5\n", {"e.toml:5", "must be an integer, found 1.5"});
  expect_refused(begin + "[training]\nprecision = \"float64\"\n", {"e.toml:5", "Accepted: 'float32'"});
  expect_refused(begin + "[training]\nclip_grad_norm = nan\n", {"e.toml:5", "nan"});
  expect_refused(begin + "[evaluation]\ntolerances = []\n", {"at least one tolerance"});
  expect_refused(begin + "[evaluation]\ntolerances = [0.1, -1]\n", {"e.toml:5", "-1 is out of range"});
  expect_refused(begin + "[evaluation]\nsets = [\"semicircle\"]\n", {"e.toml:5", "an array of tables"});
  expect_refused(begin + "[[evaluation.sets]]\n", {"needs a 'name'"});
  expect_refused(begin + "[[evaluation.sets]]\nname = \"a.b\"\n", {"needs a 'name' of at most 100 letters"});
  expect_refused(begin + "[[evaluation.sets]]\nname = \"train\"\n", {"'train' is taken"});
  expect_refused(begin + "[[evaluation.sets]]\nname = \"a\"\n[[evaluation.sets]]\nname = \"a\"\n", {"'a' is taken"});
  expect_refused(begin + "[[evaluation.sets]]\nname = \"a\"\nsize = 3\n",
                 {"unknown key 'size' in [[evaluation.sets]]"});
  expect_refused(begin + "[encoding]\ninput = 5\n", {"'encoding.input' must be a string"});
}

}  // namespace
}  // namespace matseq
