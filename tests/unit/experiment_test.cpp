// An experiment file as typed values, and what is refused in one. What needs the plugins is in
// torch/resolved_experiment_test.cpp.
#include "configuration/experiment.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "configuration/framework_settings.h"
#include "configuration/toml_text.h"
#include "matseq/error.h"
#include "reference/optimizer_spec.h"

namespace matseq {
namespace {

Experiment read(const std::string& text) {
  return read_experiment(parse_toml(text, "e.toml", {}, reference_shorthands()), "/folder");
}

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
                 {"e.toml:1", "stands for the table [schedule], too", "e.toml:5"});
  expect_refused(std::string("optimizer = 3\n") + task, {"e.toml:1", "'optimizer' must be a table"});
}

TEST(Experiment, OverridesChangeWhatAnOptimizersSpecStandsFor) {
  const std::string text = std::string("optimizer = \"adam_cosine,lr=0.01,warmup_updates=7\"\n") + task;
  const auto changed = [&](const std::vector<std::string>& overrides) {
    return read_experiment(parse_toml(text, "e.toml", overrides, reference_shorthands()), "/folder");
  };
  const Experiment rate = changed({"optimizer.learning_rate=0.5"});
  EXPECT_EQ(rate.schedule.plugin, "cosine");
  EXPECT_EQ(std::get<std::int64_t>(rate.schedule.table.entries.at("warmup_updates").value), 7);
  EXPECT_EQ(std::get<double>(rate.optimizer.table.entries.at("learning_rate").value), 0.5);
  const Experiment schedule = changed({"schedule.warmup_updates=9"});
  EXPECT_EQ(std::get<std::int64_t>(schedule.schedule.table.entries.at("warmup_updates").value), 9);
  EXPECT_EQ(std::get<double>(schedule.optimizer.table.entries.at("learning_rate").value), 0.01);
  const Experiment another = changed({"optimizer=sgd,lr=0.1"});
  EXPECT_EQ(another.optimizer.plugin, "sgd");
  EXPECT_EQ(another.schedule.plugin, "constant");
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
  // On the command line they are relative to where it is.
  const Experiment overridden =
      read_experiment(parse_toml(task, "e.toml", {"plugin_path=[\"mine\"]", "evaluation.data=test.txt"}), "/folder");
  EXPECT_EQ(overridden.plugin_path, std::vector<std::filesystem::path>{std::filesystem::current_path() / "mine"});
  EXPECT_EQ(overridden.evaluation.data, std::filesystem::current_path() / "test.txt");
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

TEST(Experiment, MessagesSayWhatWasFoundAndWhere) {
  const std::string begin = task;
  expect_refused(begin + "[evaluation]\ntolerances = [\"0.05\"]\n",
                 {"e.toml:5", "must be a list of numbers, found the list [\"0.05\"]"});
  expect_refused(begin + "[evaluation]\ntolerances = \"0.05\"\n", {"a list of numbers, found \"0.05\""});
  expect_refused(begin + "[evaluation]\ndata = []\n", {"must be a string, found an empty list"});
  expect_refused(begin + "[training]\nbatch_size = 16.0\n", {"must be an integer, found 16.0"});
  expect_refused(begin + "[training]\nbatch_size = { a = 1 }\n",
                 {"e.toml:5: 'training.batch_size' must be an integer, found a table"});
  expect_refused(begin + "[evaluation]\nsize = [{ a = 1 }]\n", {"must be an integer, found a list of tables"});
  expect_refused(begin + "[training]\nseed = 1\n", {"e.toml:5", "[training] has no 'seed'", "the table [data]"});
  expect_refused(begin + "[evaluation]\ntaks.sigma = 1\n",
                 {"e.toml:5", "Known keys: 'size', 'batch_size'", "'sets', 'task'"});
  expect_refused(begin + "[evaluation]\ntask = 3\n", {"e.toml:5: 'evaluation.task' must be a table"});
  expect_refused(begin + "[training]\nepoch_size = 10\n",
                 {"e.toml:5", "'training.epoch_size' is 10, fewer examples than one batch", "64"});
  expect_refused(begin + "[training]\nbatch_size = 400000\n", {"e.toml:5", "'training.epoch_size' is 300000"});
  for (const char* count : {"3", "256"}) {
    expect_refused(begin + "[training]\naccumulate_gradients = 2\nmicro_batches = " + count + "\n",
                   {"e.toml:6", "'training.micro_batches' is " + std::string(count), "a power of two", "128"});
  }
  expect_refused(begin + "[data]\nworkers = 1\nbatch_load = true\n", {"e.toml:6", "both must be given"});
  expect_refused(begin + "[data]\n\"\\u001b[31m\" = 1\n", {"unknown key 'data.\\x1b[31m'"});
  expect_refused("[task]\nplugin = 3\n", {"'task.plugin' must be a string, found 3"});
}

TEST(Experiment, AllOfAFileNeedsAFile) {
  EXPECT_EQ(read(std::string(task) + "[evaluation]\nsize = -1\ndata = \"x\"\n").evaluation.size, -1);
  const std::string begin = std::string(task) + "[evaluation]\n";
  for (const char* bad : {"size = 0\n", "size = -1\n", "size = -1\ndata = \"x\"\nsets = [{ name = \"a\" }]\n"}) {
    expect_refused(begin + bad, {"e.toml:5: 'evaluation.size'", "-1 for all of the file 'evaluation.data'"});
  }
}

// Sums and products of settings must not overflow, and no rate or period be infinite.
TEST(Experiment, EveryNumberHasBounds) {
  for (const FrameworkSetting& setting : framework_settings()) {
    const std::string key = setting.table + "." + setting.parameter.name;
    const auto refused = [&](const std::string& value) {
      try {
        read_experiment(parse_toml(task, "e.toml", {key + "=" + value}), "/folder");
        return false;
      } catch (const Error& error) {
        return std::string(error.what()).find("'" + key + "'") != std::string::npos;
      }
    };
    if (setting.parameter.type == ParameterType::integer) {
      EXPECT_EQ(refused("9223372036854775807"), key != "data.seed") << key;
      EXPECT_TRUE(refused("-9223372036854775808")) << key;
    } else if (setting.parameter.type == ParameterType::real) {
      for (const char* bad : {"inf", "-inf", "nan"}) EXPECT_TRUE(refused(bad)) << key << " " << bad;
    } else if (setting.parameter.type == ParameterType::reals) {
      EXPECT_TRUE(refused("[inf]")) << key;
    }
  }
}

TEST(Experiment, EverySettingReachesItsMemberAndIsWritten) {
  const auto another = [](const Parameter& parameter) -> ParameterValue {
    const ParameterValue& value = *parameter.default_value;
    if (const auto* boolean = std::get_if<bool>(&value)) return !*boolean;
    if (const auto* integer = std::get_if<std::int64_t>(&value))
      return *integer == 4 ? std::int64_t{5} : std::int64_t{4};
    if (std::holds_alternative<double>(value)) return 0.375;
    if (!parameter.choices.empty()) return parameter.choices.back();
    if (std::holds_alternative<std::vector<double>>(value)) return std::vector<double>{0.25};
    if (std::holds_alternative<std::vector<std::string>>(value)) return std::vector<std::string>{"a"};
    return std::string("/a/b");
  };
  const auto check = [&](const auto& settings) {
    for (const auto& setting : settings.settings()) {
      if (!setting.parameter().default_value) continue;
      const std::string& name = setting.parameter().name;
      ParameterTable table;
      table.set(name, another(setting.parameter()));
      const auto read = settings.read(Parameters::check(settings.schema(), table, "test"), "/folder");
      EXPECT_EQ(toml_text(settings.written(read).entries.at(name).value), toml_text(table.entries.at(name).value));
    }
  };
  check(encoding_settings());
  check(data_settings());
  check(training_settings());
  check(evaluation_settings());
}

}  // namespace
}  // namespace matseq
