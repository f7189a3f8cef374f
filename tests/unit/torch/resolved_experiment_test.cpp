// The complete configuration that a run folder gets: it says everything, and reads back as the same experiment.
#include <gtest/gtest.h>

#include <string>

#include "configuration/continuation.h"
#include "configuration/experiment.h"
#include "configuration/framework_settings.h"
#include "configuration/setting_defaults.h"
#include "matseq/error.h"
#include "plugins/plugin_loader.h"
#include "reference/optimizer_spec.h"

namespace matseq {
namespace {

class ResolvedExperiment : public ::testing::TestWithParam<const char*> {
 protected:
  Experiment read(const std::string& text) {
    return read_experiment(parse_toml(text, "e.toml", {}, reference_shorthands()), "/folder");
  }

  PluginLoader loader_{{MATSEQ_PLUGIN_DIR}};
};

TEST_P(ResolvedExperiment, ReproducesItself) {
  const std::string resolved = resolved_toml(read(GetParam()), loader_);
  // From anywhere: nothing in it is relative.
  const Experiment again = read_experiment(parse_toml(resolved, "config.toml", {}), "/another/folder");
  EXPECT_EQ(resolved_toml(again, loader_), resolved);
}

INSTANTIATE_TEST_SUITE_P(Experiments, ResolvedExperiment,
                         ::testing::Values(R"(
[task]
plugin = "transpose"
)",
                                           R"(
optimizer = "adam_cosine,warmup_updates=10000,lr=0.0001,min_lr=1e-5"
[task]
plugin = "eigenvalues"
generator = "gaussian"
eigen_distribution = ["laplace", "positive2"]
[encoding]
input = "FP15"
output = { plugin = "positional", precision = 3, base = 100 }
[model]
encoder = { layers = 6, width = 512, heads = 8 }
dropout = 0.1
[data]
seed = 9223372036854775807
reload_data = "train.txt"
[training]
validation_metrics = ["_valid.cross_entropy", "valid.accuracy"]
[evaluation]
tolerances = [0.1, 0.333333333333333314829616256247]
task = { eigen_distribution = ["semicircle"] }
sets = [{ name = "a", task = { eigen_distribution = ["uniform"] } }, { name = "b" }]
)",
                                           R"(
[task]
plugin = "cotraining"
components = [{ plugin = "transpose", weight = 2, max_dimension = 7 }, { plugin = "eigenvalues", code = "spectrum" }]
[optimizer]
plugin = "muon"
[schedule]
plugin = "inverse_sqrt"
)"));

TEST_F(ResolvedExperiment, HasEveryParameter) {
  const TomlDocument resolved =
      parse_toml(resolved_toml(read("[task]\nplugin = \"matrix_sum\"\n"), loader_), "config.toml", {});
  for (const char* table : {"data", "training", "evaluation"}) {
    for (const FrameworkSetting& setting : framework_settings()) {
      const std::string& name = setting.parameter.name;
      if (setting.table != table || setting.parameter.type == ParameterType::tables) continue;
      EXPECT_TRUE(resolved.tables.at(table).entries.contains(name)) << table << "." << name;
    }
  }
  for (const Parameter& parameter : loader_.schema(PluginKind::model, "transformer")) {
    if (!parameter.default_value) continue;
    EXPECT_TRUE(resolved.tables.at("model").entries.contains(parameter.name)) << parameter.name;
  }
  EXPECT_EQ(std::get<std::string>(resolved.tables.at("encoding").entries.at("input.plugin").value), "positional");
}

TEST_F(ResolvedExperiment, HasNumbersInTheirShortestForm) {
  const std::string resolved = resolved_toml(read("[task]\nplugin = \"transpose\"\n"), loader_);
  EXPECT_NE(resolved.find("\ntolerances = [0.05, 0.02, 0.01, 0.005]\n"), std::string::npos) << resolved;
  EXPECT_NE(resolved.find("\neps = 1e-08\n"), std::string::npos) << resolved;
}

TEST_F(ResolvedExperiment, ChecksThePluginsTables) {
  const auto message = [&](const std::string& text) -> std::string {
    try {
      resolved_toml(read(text), loader_);
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  };
  const std::string task = "[task]\nplugin = \"transpose\"\n";
  EXPECT_NE(message(task + "rectangulr = true\n").find("e.toml:3: unknown key 'task.rectangulr'"), std::string::npos);
  EXPECT_NE(message(task + "[optimizer]\nplugin = \"adam\"\nbeta1 = 2\n").find("e.toml:5: 'optimizer.beta1': 2 is out"),
            std::string::npos);
  const std::string set = message(task + "[[evaluation.sets]]\nname = \"a\"\ntask = { sized = 3 }\n");
  EXPECT_NE(set.find("'task.sized'"), std::string::npos) << set;
  EXPECT_NE(set.find("e.toml:5"), std::string::npos) << set;
}

// A plugin has a new parameter: what was written before it had that means its default.
TEST_F(ResolvedExperiment, WhatARunDoesNotSayOfAPluginIsThePluginsDefault) {
  const Experiment experiment = read(R"([task]
plugin = "transpose"
[encoding]
output = { plugin = "positional", base = 100 }
)");
  SettingDefaults defaults;
  defaults.add(experiment, loader_);
  const std::string wanted = resolved_toml(experiment, loader_);
  const auto without = [&](const std::string& line) {
    std::string text = wanted;
    return text.erase(text.find("\n" + line), line.size() + 1);
  };
  for (const char* line : {"generator = \"uniform\"", "encoder.width = 512", "eps = 1e-08", "input.base = 1000"}) {
    EXPECT_EQ(continuation_conflict(without(line), wanted, defaults), "") << line;
    EXPECT_EQ(continuation_conflict(wanted, without(line), defaults), "") << line;
    EXPECT_NE(continuation_conflict(without(line), wanted, {}), "") << line;
  }
  EXPECT_EQ(continuation_conflict(without("output.base = 100"), wanted, defaults),
            "its encoding.output.base differs: 1000 in the run, 100 in the experiment");
}

TEST_F(ResolvedExperiment, ACurriculumIsWrittenAndReadBack) {
  const Experiment experiment = read(R"([task]
plugin = "transpose"
[[data.curriculum]]
from = 1000
task = { max_dimension = 6 }
[[data.curriculum]]
from = 2000
over = 1000
task = { max_dimension = 7 }
)");
  const std::string text = resolved_toml(experiment, loader_);
  const Experiment again = read(text);
  ASSERT_EQ(again.data.curriculum.size(), 2U);
  EXPECT_EQ(again.data.curriculum[1].from, 2000);
  EXPECT_EQ(again.data.curriculum[1].over, 1000);
  EXPECT_EQ(std::get<std::int64_t>(again.data.curriculum[1].task.entries.at("max_dimension").value), 7);
  EXPECT_EQ(resolved_toml(again, loader_), text);
}

}  // namespace
}  // namespace matseq
