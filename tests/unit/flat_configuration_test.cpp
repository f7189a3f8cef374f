#include "configuration/flat_configuration.h"

#include <gtest/gtest.h>

#include "matseq/error.h"

namespace matseq {
namespace {

TEST(FlatConfiguration, HasEveryValueAsTomlWritesIt) {
  const FlatSettings settings = flat_configuration(
      "[optimizer]\nplugin = \"adam\"\nlearning_rate = 0.0005\neps = 1e-08\nbeta = 1.0\nsteps = 3\non = true\n"
      "[encoding]\ninput = { plugin = 'positional', base = 10 }\n[evaluation]\ntolerances = [0.05, 0.01]\n"
      "[task]\neigen_distribution = [\"laplace\", \"uniform\"]\n",
      "config.toml");
  const FlatSettings expected = {{"optimizer.learning_rate", "0.0005"},
                                 {"optimizer.eps", "1e-08"},
                                 {"optimizer.beta", "1.0"},
                                 {"optimizer.steps", "3"},
                                 {"optimizer.on", "true"},
                                 {"encoding.input.base", "10"},
                                 {"evaluation.tolerances", "[0.05, 0.01]"},
                                 {"task.eigen_distribution", R"(["laplace", "uniform"])"}};
  for (const auto& [key, text] : expected) EXPECT_EQ(settings.at(key), text) << key;
  EXPECT_EQ(setting_text(settings, "optimizer.plugin"), "adam");
  EXPECT_EQ(setting_text(settings, "encoding.input.plugin"), "positional");
  EXPECT_EQ(setting_text(settings, "task.plugin"), "");
}

TEST(FlatConfiguration, RefusesWhatIsNoToml) { EXPECT_THROW(flat_configuration("[", "config.toml"), Error); }

TEST(FlatConfiguration, WhatAnOlderOneLacksIsTheDefault) {
  const FlatSettings older = with_framework_defaults(
      {{"training.batch_size", "8"}, {"encoding.input.plugin", "\"positional\""}, {"optimizer.plugin", "\"adam\""}});
  EXPECT_EQ(older.at("training.batch_size"), "8");
  EXPECT_EQ(older.at("evaluation.samples"), "1");
  EXPECT_EQ(older.at("data.distinct_examples"), "0");
  EXPECT_FALSE(older.contains("encoding.input")) << "it is a table there";
  EXPECT_TRUE(older.contains("encoding.output"));
}

}  // namespace
}  // namespace matseq
