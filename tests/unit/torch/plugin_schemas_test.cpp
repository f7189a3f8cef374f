// What the framework writes down apart from the plugins' schemas fits them: optimizer specs and reference flags. The
// optimizers and the model are LibTorch's, so this test stands here.
#include <gtest/gtest.h>

#include <string>

#include "configuration/experiment.h"
#include "configuration/optimizer_spec.h"
#include "plugins/plugin_loader.h"
#include "reference/reference_flags.h"

namespace matseq {
namespace {

/// Reads the TOML back as `matseq train` would, all plugins' tables included.
Experiment experiment_of(const std::string& flags) {
  const TomlDocument document =
      parse_toml(to_toml(convert_reference_settings(parse_reference_flags(flags))), "converted.toml", {});
  Experiment experiment = read_experiment(document, "/");
  PluginLoader loader({MATSEQ_PLUGIN_DIR});
  EXPECT_FALSE(resolved_toml(experiment, loader).empty());
  return experiment;
}

TEST(PluginSchemas, OptimizerSpecsTakeEveryScalarParameter) {
  PluginLoader loader({MATSEQ_PLUGIN_DIR});
  const auto check = [&](PluginKind kind, const std::string& plugin, const std::string& spec_name) {
    for (const Parameter& parameter : loader.schema(kind, plugin)) {
      if (parameter.type == ParameterType::reals || parameter.type == ParameterType::texts) continue;
      const std::string key = parameter.name == "learning_rate" ? "lr" : parameter.name;
      const OptimizerSpec spec = parse_optimizer_spec(spec_name + "," + key + "=1", "test.toml:3");
      const ParameterTable& table = kind == PluginKind::schedule ? spec.schedule_table : spec.optimizer_table;
      EXPECT_NO_THROW(Parameters::check(loader.schema(kind, plugin), table, spec_name)) << spec_name << " " << key;
      EXPECT_TRUE(table.entries.contains(parameter.name));
    }
  };
  for (const char* name :
       {"adam", "adamw", "muon", "sgd", "adagrad", "adadelta", "adamax", "asgd", "rmsprop", "rprop"}) {
    check(PluginKind::optimizer, name, name);
  }
  for (const char* name : {"warmup", "inverse_sqrt", "cosine", "smooth_cosine"}) {
    check(PluginKind::schedule, name, std::string("adam_") + name);
  }
}

TEST(PluginSchemas, AcceptWhatReferenceFlagsBecome) {
  const Experiment eigenvalues = experiment_of(
      "--operation eigenvalues --eigen_distribution laplace,uniform --additional_test_distributions "
      "semicircle,positive;marcenko --optimizer adam_smooth_cosine,warmup_updates=10,min_lr=1e-5 --sigma 0.1 --debug");
  ASSERT_EQ(eigenvalues.evaluation.sets.size(), 3U);
  EXPECT_EQ(eigenvalues.evaluation.sets[1].name, "semicircle-positive");
  experiment_of("--operation cotraining --cotraining_tasks TEI --rectangular true --classic_eval true");
  experiment_of("--operation matrix_sum --force_dim true --first_dimension 3 --optimizer sgd,lr=0.1,momentum=0.9");
  for (const std::string& operation : reference_operations()) {
    const Experiment experiment = experiment_of(
        "--operation " + operation +
        " --generator gaussian --max_input_coeff 5 --min_input_coeff 2 --force_dim true --first_dimension 4 "
        "--second_dimension 3 --min_dimension 3 --max_dimension 6 --rectangular true --eigen_distribution positive "
        "--eigen_test_distribution gaussian --noisy_input true --sigma 0.1 --classic_eval true --cotraining_tasks TF");
    EXPECT_EQ(experiment.task.plugin, operation);
  }
}

}  // namespace
}  // namespace matseq
