#include "reference/tensors/parameter_mapping.h"

#include <gtest/gtest.h>

#include <string>

#include "configuration/experiment.h"
#include "matseq/error.h"
#include "plugins/plugin_loader.h"
#include "reference/tensors/reference_checkpoint.h"

namespace matseq {
namespace {

nlohmann::ordered_json params_of(const std::string& model) {
  return read_reference_checkpoint(std::string(MATSEQ_TEST_DATA) + "/golden/models/" + model + ".pth").params;
}

TomlDocument resolved(const nlohmann::ordered_json& params) {
  const std::string text = to_toml(experiment_from_params(params));
  const Experiment experiment = read_experiment(parse_toml(text, "imported.toml", {}), "/");
  PluginLoader loader({MATSEQ_PLUGIN_DIR});
  return parse_toml(resolved_toml(experiment, loader), "config.toml", {});
}

class GoldenParams : public testing::TestWithParam<const char*> {};

TEST_P(GoldenParams, SurviveTheWayThereAndBack) {
  const nlohmann::ordered_json before = params_of(GetParam());
  const nlohmann::ordered_json after = params_from_experiment(resolved(before), before["n_words"]);
  for (const ReferenceFlag& flag : reference_flags()) {
    ASSERT_TRUE(after.contains(flag.name)) << flag.name;
    if (!before.contains(flag.name)) continue;
    // An empty list of metrics keeps matseq's own; the optimizer's spec names its defaults as well.
    if (flag.name == "validation_metrics" || flag.name == "optimizer") continue;
    EXPECT_EQ(before[flag.name], after[flag.name]) << flag.name;
  }
  for (const char* name : {"env_name", "n_words", "eos_index", "pad_index"}) {
    EXPECT_EQ(before[name], after[name]) << name;
  }
}

TEST_P(GoldenParams, KeepTheOptimizer) {
  const nlohmann::ordered_json before = params_of(GetParam());
  const TomlDocument first = resolved(before);
  const TomlDocument second = resolved(params_from_experiment(first, 1));
  const auto optimizer_of = [](const TomlDocument& document) {
    TomlDocument part;
    for (const char* table : {"optimizer", "schedule"}) part.tables[table] = document.tables.at(table);
    return format_toml(part);
  };
  EXPECT_EQ(optimizer_of(first), optimizer_of(second));
  EXPECT_EQ(std::get<double>(first.tables.at("optimizer").entries.at("learning_rate").value), 0.001);
}

INSTANTIATE_TEST_SUITE_P(All, GoldenParams,
                         testing::Values("p1000_shared", "fp15_p10_cotraining", "b1999_sinusoidal_untied",
                                         "trained_cotraining", "trained_eigenvalues"),
                         [](const auto& instance) { return std::string(instance.param); });

TEST(ParameterMapping, EvaluationSettingsComeBack) {
  auto params = params_of("trained_eigenvalues");
  params["additional_test_distributions"] = "laplace,positive;marcenko";
  params["eigen_distribution"] = "laplace";
  params["eigen_test_distribution"] = "semicircle,uniform";
  params["stopping_criterion"] = "valid_numeric_beam_acc,30";
  params["validation_metrics"] = "valid_numeric_beam_acc,_valid_numeric_xe_loss";
  params["amp"] = 2;
  params["fp16"] = true;
  params["beam_size"] = 5;
  const auto after = params_from_experiment(resolved(params), 1);
  for (const char* name : {"additional_test_distributions", "eigen_distribution", "eigen_test_distribution",
                           "stopping_criterion", "validation_metrics", "fp16", "beam_size", "beam_eval"}) {
    EXPECT_EQ(params[name], after[name]) << name;
  }
  EXPECT_EQ(after["amp"], 1);
}

TEST(ParameterMapping, SaysWhatTheReferenceLacks) {
  TomlDocument experiment = resolved(params_of("p1000_shared"));
  experiment.tables["task"].set("plugin", std::string("trace"));
  EXPECT_THROW(params_from_experiment(experiment, 1), Error);
  EXPECT_THROW(experiment_from_params({{"operation", "trace"}}), Error);
  EXPECT_THROW(experiment_from_params({{"operation", {{"a", 1}}}}), Error);
  EXPECT_THROW(experiment_from_params(nlohmann::ordered_json::array()), Error);
}

}  // namespace
}  // namespace matseq
