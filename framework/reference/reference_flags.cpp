#include "reference/reference_flags.h"

#include <algorithm>
#include <utility>

namespace matseq {

namespace {

using Flag = ReferenceFlag;
using enum ReferenceFlag::Type;
using enum ReferenceFlag::Use;

Flag same(std::string name, Flag::Type type, std::string table, std::string key, std::string fallback = "") {
  return {std::move(name), type, value, std::move(table), std::move(key), std::move(fallback), ""};
}

/// A parameter of the task, which has the reference's name.
Flag task(const std::string& name, Flag::Type type, std::string fallback) {
  return {name, type, parameter, "task", name, std::move(fallback), ""};
}

Flag changed(std::string name, Flag::Type type, std::string table, std::string key, std::string fallback,
             std::string remark) {
  return {std::move(name), type, rewritten, std::move(table), std::move(key), std::move(fallback), std::move(remark)};
}

Flag without(std::string name, Flag::Type type, std::string fallback, std::string remark) {
  return {std::move(name), type, none, "", "", std::move(fallback), std::move(remark)};
}

constexpr const char* slurm = "the launcher says it: matseq launch, torchrun, srun";
constexpr const char* one_environment = "there is only 'numeric'; [task] plugin names what is learnt";
constexpr const char* run_folder = "`matseq train CONFIG --run DIR` names the run's folder";

std::vector<Flag> general_flags() {
  return {
      without("env_name", text, "numeric", one_environment),
      without("tasks", text, "numeric", one_environment),
      without("dump_path", text, "", run_folder),
      without("exp_name", text, "", run_folder),
      without("exp_id", text, "", run_folder),
      same("save_periodic", integer, "training", "save_periodic", "0"),
      changed("cpu", boolean, "training", "device", "false",
              "true is \"cpu\"; otherwise \"auto\" takes a GPU if there is one"),
      without("local_rank", integer, "0", slurm),
      without("master_port", integer, "-1", slurm),
      without("debug", boolean, "false", "nothing depends on it"),
      without("debug_slurm", boolean, "false", slurm),
      without("windows", boolean, "false", "nothing depends on it"),
      changed("env_base_seed", integer, "data", "seed", "-1",
              "a negative number means a random seed there; here every run has a seed that repeats it"),
      same("num_workers", integer, "data", "workers"),
  };
}

std::vector<Flag> model_flags() {
  return {
      same("enc_emb_dim", integer, "model", "encoder.width"),
      same("dec_emb_dim", integer, "model", "decoder.width"),
      same("n_enc_layers", integer, "model", "encoder.layers"),
      same("n_dec_layers", integer, "model", "decoder.layers"),
      same("n_enc_heads", integer, "model", "encoder.heads"),
      same("n_dec_heads", integer, "model", "decoder.heads"),
      same("dropout", real, "model", "dropout", "0"),
      same("attention_dropout", real, "model", "attention_dropout", "0"),
      same("share_inout_emb", boolean, "model", "share_inout_emb", "true"),
      same("sinusoidal_embeddings", boolean, "model", "sinusoidal_embeddings", "false"),
      same("max_len", integer, "data", "max_len"),
      same("max_output_len", integer, "evaluation", "max_output_len"),
      changed(
          "fp16", boolean, "training", "precision", "false",
          "true is \"float16\"; \"bfloat16\" is there too, needs no loss scaling, and is the better choice where the "
          "hardware has it"),
      changed("amp", integer, "training", "precision", "-1", "1 and above are \"float16\""),
  };
}

std::vector<Flag> training_flags() {
  return {
      same("batch_size", integer, "training", "batch_size"),
      changed("optimizer", text, "optimizer", "", "adam,lr=0.0001",
              "a spec \"NAME_SCHEDULE,key=value,...\" becomes the tables [optimizer] and [schedule]; `optimizer = "
              "\"SPEC\"` "
              "on top of the file does too"),
      same("clip_grad_norm", real, "training", "clip_grad_norm", "5"),
      same("epoch_size", integer, "training", "epoch_size", "300000"),
      same("max_epoch", integer, "training", "max_epoch", "100000"),
      same("accumulate_gradients", integer, "training", "accumulate_gradients", "1"),
      changed("stopping_criterion", text, "training", "stopping_criterion", "",
              "metrics have other names: `valid_numeric_acc` and `valid_numeric_beam_acc` are `valid.accuracy`, "
              "`_valid_numeric_xe_loss` is `_valid.cross_entropy`"),
      changed("validation_metrics", text, "training", "validation_metrics", "", "likewise, as a list"),
      without("export_data", boolean, "false", "`matseq generate CONFIG --count N` writes examples"),
      changed("reload_data", text, "data", "reload_data", "",
              "of \"NAME,TRAIN,VALID\" the first file goes here, the second to [evaluation] data"),
      same("reload_size", integer, "data", "reload_size", "-1"),
      same("batch_load", boolean, "data", "batch_load", "false"),
      without("reload_model", text, "", "`matseq import CHECKPOINT.pth -o RUN`, then `matseq train` with that run"),
      without("reload_checkpoint", text, "", "a run that is found in its folder goes on; `matseq import` makes one"),
  };
}

std::vector<Flag> task_flags() {
  return {
      changed("operation", text, "task", "plugin", "", "the names are the same"),
      task("cotraining_tasks", text, "TADMEFI"),
      task("generator", text, "uniform"),
      task("max_input_coeff", integer, "10"),
      changed("min_input_coeff", integer, "task", "min_input_coeff", "-1", "-1, unset, is left out"),
      task("force_dim", boolean, "false"),
      task("first_dimension", integer, "5"),
      task("second_dimension", integer, "5"),
      task("min_dimension", integer, "5"),
      task("max_dimension", integer, "5"),
      task("rectangular", boolean, "false"),
      changed("eigen_distribution", text, "task", "eigen_distribution", "semicircle", "\"a,b\" is [\"a\", \"b\"]"),
      changed("eigen_test_distribution", text, "evaluation", "task.eigen_distribution", "semicircle",
              "an override of the task's parameters; left out when it is the training distribution"),
      changed(
          "additional_test_distributions", text, "evaluation", "sets", "",
          "[[evaluation.sets]], each with a name and `task = { eigen_distribution = [...] }`; sets stand between ';', "
          "or without any ';' every name is a set"),
      task("noisy_input", boolean, "false"),
      task("sigma", real, "0.05"),
      task("classic_eval", boolean, "false"),
  };
}

std::vector<Flag> encoding_flags() {
  return {
      same("max_encoder_dimension", integer, "encoding", "max_dimension", "100"),
      same("output_encoding", text, "encoding", "output"),
      same("input_encoding", text, "encoding", "input"),
  };
}

std::vector<Flag> evaluation_flags() {
  return {
      changed("eval_size", integer, "evaluation", "size", "10000",
              "-1 means all lines of the file of test examples; without a file it is left out"),
      same("batch_size_eval", integer, "evaluation", "batch_size", "128"),
      changed("beam_eval", boolean, "evaluation", "beam_search", "",
              "with false, a beam size has no effect and is left out"),
      without("beam_eval_train", integer, "0",
              "while training, the test sets are searched as [evaluation] says, all of their examples"),
      changed("beam_size", integer, "evaluation", "beam_size", "1", "see `beam_eval`"),
      same("beam_length_penalty", real, "evaluation", "beam_length_penalty", "1"),
      same("beam_early_stopping", boolean, "evaluation", "beam_early_stopping", "true"),
      without("eval_only", boolean, "false", "`matseq eval RUN`"),
      without("eval_from_exp", text, "", "`matseq eval RUN`"),
      same("eval_data", text, "evaluation", "data"),
      changed(
          "eval_distrib", text, "evaluation", "task.eigen_distribution", "",
          "goes before `eigen_test_distribution`; or `matseq eval RUN --set evaluation.task.eigen_distribution=[...]`"),
      without("eval_verbose", integer, "0", "`matseq eval RUN --verbose 1` or `2`"),
      without("eval_verbose_print", boolean, "false", "`matseq eval RUN --verbose 1` or `2`"),
      changed("float_tolerance", real, "evaluation", "tolerances", "0.1", "the first of the list"),
      same("coeff_tolerance", real, "evaluation", "coeff_tolerance", "0.01"),
      changed("more_tolerance", text, "evaluation", "tolerances", "", "the rest of the list"),
      same("eval_norm", text, "evaluation", "norm", "d1"),
  };
}

}  // namespace

const std::vector<ReferenceFlag>& reference_flags() {
  static const std::vector<Flag> all = [] {
    std::vector<Flag> flags;
    for (const auto& group :
         {general_flags(), model_flags(), training_flags(), task_flags(), encoding_flags(), evaluation_flags()}) {
      flags.insert(flags.end(), group.begin(), group.end());
    }
    return flags;
  }();
  return all;
}

}  // namespace matseq
