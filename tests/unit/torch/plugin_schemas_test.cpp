// What the framework writes down apart from the plugins' schemas fits them: optimizer specs and reference flags. The
// optimizers and the model are LibTorch's, so this test stands here.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "configuration/experiment.h"
#include "plugins/plugin_loader.h"
#include "reference/optimizer_spec.h"
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

// The experiments of the papers as the reference's sweeps run them (spec section 8).
TEST(PluginSchemas, AcceptTheReferencesSweeps) {
  const std::string common =
      "srun python train.py --dump_path '/checkpoint' --exp_name sweep --exp_id 7 --env_name numeric --tasks numeric "
      "--share_inout_emb true --sinusoidal_embeddings false --dropout 0 --attention_dropout 0 --batch_size 64 "
      "--batch_size_eval 128 --clip_grad_norm 5 --epoch_size 300000 --max_epoch 100000 --float_tolerance 0.05 "
      "--more_tolerance 0.02,0.01,0.005 --eval_norm d1 --eval_size 10000 --max_input_coeff 10 --fp16 true --amp 2 "
      "--beam_eval true --beam_eval_train 0 --beam_size 1 --reload_data '' --reload_model '' --eval_only false "
      "--env_base_seed -1 --num_workers 1 --local_rank -1 --master_port -1 --cpu false --export_data false "
      "--validation_metrics valid_numeric_acc,_valid_numeric_xe_loss --eval_verbose 0 ";
  const std::string cosine =
      "--optimizer adam_cosine,warmup_updates=10000,lr=0.0001,min_lr=0.00001,init_period=4000000,period_mult=1,"
      "lr_shrink=0.1,lr_shrink_min=0.1 ";
  const std::string warmup = "--optimizer adam_warmup,warmup_updates=10000,lr=0.00005 ";
  const std::string large = "--enc_emb_dim 512 --dec_emb_dim 512 --n_enc_heads 8 --n_dec_heads 8 ";
  const std::string square5 = "--min_dimension 5 --max_dimension 5 --n_enc_layers 6 --n_dec_layers 1 ";
  std::vector<std::string> sweeps = {
      "--operation transpose --min_dimension 10 --max_dimension 10 --n_enc_layers 1 --n_dec_layers 1 --enc_emb_dim 256 "
      "--dec_emb_dim 256 --n_enc_heads 8 --n_dec_heads 8 --input_encoding float,2,1000 --output_encoding float,2,1000 "
      "--optimizer adam,lr=0.0001 --max_len 512 --max_output_len 512 --stopping_criterion valid_numeric_acc,30",
      large + warmup +
          "--operation matrix_sum --min_dimension 10 --max_dimension 10 --n_enc_layers 2 --n_dec_layers 2 "
          "--input_encoding floatsymbol,2 --output_encoding floatsymbol,2 --max_len 440 --max_output_len 220 "
          "--stopping_criterion valid_numeric_acc,60",
      large + warmup +
          "--operation matrix_product --min_dimension 5 --max_dimension 5 --n_enc_layers 1 --n_dec_layers 4 "
          "--input_encoding float,2,1000 --output_encoding float,2,1000 --max_len 200 --max_output_len 80",
      large + cosine + square5 +
          "--operation eigenvalues --input_encoding FP15,2,16 --output_encoding FP15,2,16 --max_len 30 "
          "--max_output_len 10 --stopping_criterion valid_numeric_acc,200",
      large + cosine + square5 +
          "--operation eigenvectors --input_encoding FP15,2,16 --output_encoding float,2,1000 --max_len 100 "
          "--max_output_len 100",
      square5 +
          "--operation invert_matrix --enc_emb_dim 516 --n_enc_heads 12 --dec_emb_dim 512 --n_dec_heads 8 "
          "--optimizer adam_warmup,warmup_updates=10000,lr=0.0001 --input_encoding FP15,2,16 "
          "--output_encoding float,2,1000 --max_len 80 --max_output_len 80"};
  for (const char* distribution :
       {"semicircle", "laplace", "uniform", "positive", "gaussian", "positive2", "marcenko"}) {
    sweeps.push_back(large + cosine + square5 +
                     "--operation eigenvalues --generator gaussian --input_encoding FP15,2,16 --output_encoding "
                     "float,2,1000 --max_len 30 --max_output_len 30 --eigen_test_distribution semicircle "
                     "--additional_test_distributions laplace,uniform,positive,gaussian,positive2,marcenko "
                     "--eigen_distribution " +
                     std::string(distribution));
  }
  for (const std::string& sweep : sweeps) {
    const Experiment experiment = experiment_of(common + sweep);
    EXPECT_EQ(experiment.training.precision, "float16");
    EXPECT_EQ(experiment.training.epoch_size, 300000);
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
