#include "reference/reference_flags.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "configuration/experiment.h"
#include "matseq/error.h"

namespace matseq {
namespace {

ReferenceConversion convert(const std::string& flags) {
  return convert_reference_settings(parse_reference_flags(flags));
}

template <typename Value>
Value get(const ReferenceConversion& conversion, const std::string& table, const std::string& key) {
  return std::get<Value>(conversion.experiment.tables.at(table).entries.at(key).value);
}

bool has(const ReferenceConversion& conversion, const std::string& table, const std::string& key) {
  const auto found = conversion.experiment.tables.find(table);
  return found != conversion.experiment.tables.end() && found->second.entries.contains(key);
}

std::string reason(const std::string& flags) {
  try {
    convert(flags);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

using Texts = std::vector<std::string>;

TEST(ReferenceFlags, AreThoseOfTheSpecification) {
  const std::set<std::string> expected = {"env_name",
                                          "tasks",
                                          "beam_eval_train",
                                          "dump_path",
                                          "exp_name",
                                          "exp_id",
                                          "save_periodic",
                                          "cpu",
                                          "local_rank",
                                          "master_port",
                                          "debug",
                                          "debug_slurm",
                                          "windows",
                                          "env_base_seed",
                                          "num_workers",
                                          "enc_emb_dim",
                                          "dec_emb_dim",
                                          "n_enc_layers",
                                          "n_dec_layers",
                                          "n_enc_heads",
                                          "n_dec_heads",
                                          "dropout",
                                          "attention_dropout",
                                          "share_inout_emb",
                                          "sinusoidal_embeddings",
                                          "max_len",
                                          "max_output_len",
                                          "fp16",
                                          "amp",
                                          "batch_size",
                                          "optimizer",
                                          "clip_grad_norm",
                                          "epoch_size",
                                          "max_epoch",
                                          "accumulate_gradients",
                                          "stopping_criterion",
                                          "validation_metrics",
                                          "export_data",
                                          "reload_data",
                                          "reload_size",
                                          "batch_load",
                                          "reload_model",
                                          "reload_checkpoint",
                                          "operation",
                                          "cotraining_tasks",
                                          "generator",
                                          "max_input_coeff",
                                          "min_input_coeff",
                                          "force_dim",
                                          "first_dimension",
                                          "second_dimension",
                                          "min_dimension",
                                          "max_dimension",
                                          "rectangular",
                                          "eigen_distribution",
                                          "eigen_test_distribution",
                                          "additional_test_distributions",
                                          "noisy_input",
                                          "sigma",
                                          "classic_eval",
                                          "max_encoder_dimension",
                                          "output_encoding",
                                          "input_encoding",
                                          "eval_size",
                                          "batch_size_eval",
                                          "beam_eval",
                                          "beam_size",
                                          "beam_length_penalty",
                                          "beam_early_stopping",
                                          "eval_only",
                                          "eval_from_exp",
                                          "eval_data",
                                          "eval_distrib",
                                          "eval_verbose",
                                          "eval_verbose_print",
                                          "float_tolerance",
                                          "coeff_tolerance",
                                          "more_tolerance",
                                          "eval_norm"};
  std::set<std::string> names;
  for (const ReferenceFlag& flag : reference_flags()) {
    EXPECT_TRUE(names.insert(flag.name).second) << flag.name << " is there twice";
    if (flag.use == ReferenceFlag::Use::none) {
      EXPECT_FALSE(flag.remark.empty()) << flag.name;
    } else {
      EXPECT_FALSE(flag.table.empty()) << flag.name;
    }
  }
  EXPECT_EQ(names, expected);
}

TEST(ReferenceFlags, AreAllInTheGuide) {
  std::ifstream file(std::filesystem::path(MATSEQ_SOURCE_DIR) / "docs" / "migrating.md");
  const std::string guide{std::istreambuf_iterator<char>(file), {}};
  for (const ReferenceFlag& flag : reference_flags()) {
    const std::size_t row = guide.find("\n| `" + flag.name + "` |");
    ASSERT_NE(row, std::string::npos) << flag.name;
    if (flag.use == ReferenceFlag::Use::value || flag.use == ReferenceFlag::Use::parameter) {
      const std::string line = guide.substr(row + 1, guide.find('\n', row + 1) - row);
      EXPECT_NE(line.find("`[" + flag.table + "] " + flag.key + "`"), std::string::npos) << line;
    }
  }
}

TEST(ReferenceFlags, ParsesAsAShellDoes) {
  const ReferenceSettings expected = {{"operation", "transpose"},
                                      {"min_input_coeff", "-1"},
                                      {"fp16", "true"},
                                      {"optimizer", "adam, lr=1"},
                                      {"cpu", "true"}};
  EXPECT_EQ(parse_reference_flags("python train.py --operation transpose --min_input_coeff -1 --fp16=true \\\n"
                                  "  --optimizer \"adam, lr=1\" --cpu"),
            expected);
  EXPECT_NE(reason("--operation transpose stray").find("'stray'"), std::string::npos);
  EXPECT_NE(reason("eigenvalues --cpu true").find("'eigenvalues'"), std::string::npos);
  EXPECT_NE(reason("--operation 'transpose").find("closing"), std::string::npos);
}

TEST(ReferenceFlags, WaysToRunTheProgramArePassedOver) {
  const ReferenceSettings expected = {{"operation", "transpose"}, {"exp_id", "x1"}};
  for (const char* before : {"", "train.py ", "python train.py ", "/usr/bin/python3 train.py ",
                             "srun python -u train.py ", "CUDA_VISIBLE_DEVICES=0 OMP_NUM_THREADS=1 python3.9 train.py ",
                             "srun --gres=gpu:1 --mem 10G python ./train.py ",
                             "python -m torch.distributed.launch --nproc_per_node=8 train.py ", "python -m lawt.train ",
                             "./train.py ", "INFO - 01/02/22 10:00:00 - 0:00:00 - Running command: python train.py ",
                             "nohup env A=1 python \"/my folder/train.py\" "}) {
    EXPECT_EQ(parse_reference_flags(std::string(before) + "--operation transpose --exp_id \"x1\""), expected) << before;
  }
  for (const char* behind : {" > log.txt 2>&1", " 2>&1 | tee log.txt", " &", " && python other.py --flag 1"}) {
    EXPECT_EQ(parse_reference_flags("python train.py --operation transpose --exp_id x1" + std::string(behind)),
              expected)
        << behind;
  }
  // An unknown flag is no way to run a program.
  EXPECT_NE(reason("python train.py --operaton transpose --cpu true").find("'operation'"), std::string::npos);
}

TEST(ReferenceFlags, TakesArgumentsThatAShellHasSplit) {
  using Arguments = std::vector<std::string>;
  const ReferenceSettings expected = {{"reload_data", ""}, {"operation", "transpose"}, {"optimizer", "adam, lr=1"}};
  EXPECT_EQ(parse_reference_flags("--reload_data '' --operation=transpose --optimizer 'adam, lr=1'"), expected);
  EXPECT_EQ(
      parse_reference_flags(Arguments{"--reload_data", "", "--operation", "transpose", "--optimizer", "adam, lr=1"}),
      expected);
  EXPECT_EQ(parse_reference_flags(Arguments{"--reload_data=", "--operation transpose", "--optimizer=adam, lr=1"}),
            expected);
  EXPECT_EQ(parse_reference_flags(Arguments{"--reload_data '' --operation transpose --optimizer \"adam, lr=1\""}),
            expected);
}

TEST(ReferenceFlags, AnEmptyValueIsEmpty) {
  const ReferenceConversion conversion =
      convert("--operation transpose --reload_data '' --eval_data \"\" --generator '' --more_tolerance ''");
  EXPECT_FALSE(has(conversion, "data", "reload_data"));
  EXPECT_FALSE(has(conversion, "evaluation", "data"));
  EXPECT_FALSE(has(conversion, "task", "generator"));
  EXPECT_NE(reason("--operation transpose --epoch_size ''").find("'--epoch_size' is ''; accepted is an integer"),
            std::string::npos);
}

TEST(ReferenceFlags, TheLastOfAFlagCounts) {
  const ReferenceConversion conversion = convert("--operation transpose --n_enc_layers 2 --cpu true --n_enc_layers 3");
  EXPECT_EQ(get<std::int64_t>(conversion, "model", "encoder.layers"), 3);
  ASSERT_EQ(conversion.notes.size(), 1U);
  EXPECT_EQ(conversion.notes[0], "n_enc_layers = 3: given more than once; the last counts");
}

TEST(ReferenceFlags, MinusOneIsAllOfAFile) {
  EXPECT_EQ(get<std::int64_t>(convert("--operation transpose --eval_size -1 --eval_data x"), "evaluation", "size"), -1);
  EXPECT_EQ(
      get<std::int64_t>(convert("--operation transpose --eval_size -1 --reload_data a,b,c"), "evaluation", "size"), -1);
  EXPECT_EQ(get<std::int64_t>(convert("--operation transpose --eval_size 500"), "evaluation", "size"), 500);
  for (const char* generated : {"", " --eval_data x --additional_test_distributions laplace"}) {
    const ReferenceConversion conversion = convert("--operation eigenvalues --eval_size -1" + std::string(generated));
    EXPECT_FALSE(has(conversion, "evaluation", "size"));
    ASSERT_EQ(conversion.notes.size(), 1U);
    EXPECT_NE(conversion.notes[0].find("eval_size = -1: left out"), std::string::npos);
  }
}

TEST(ReferenceFlags, WhatIsOutOfBoundsIsBroughtIn) {
  const ReferenceConversion conversion =
      convert("--operation transpose --num_workers 1000 --max_epoch 100000000 --epoch_size 10 --batch_size 32");
  EXPECT_EQ(get<std::int64_t>(conversion, "data", "workers"), 256);
  EXPECT_EQ(get<std::int64_t>(conversion, "training", "max_epoch"), 1000000);
  EXPECT_EQ(get<std::int64_t>(conversion, "training", "epoch_size"), 32);
  EXPECT_EQ(conversion.notes.size(), 3U);
}

TEST(ReferenceFlags, ErrorsSayWhatIsMeant) {
  EXPECT_NE(reason("--n_enc_layer 6").find("'n_enc_layers'"), std::string::npos);
  EXPECT_NE(reason("--operation eigenvalue").find("'eigenvalues'"), std::string::npos);
  EXPECT_NE(reason("--operation transpose --n_enc_layers six").find("'six'; accepted is an integer"),
            std::string::npos);
  EXPECT_NE(reason("--operation transpose --rectangular maybe").find("true or false"), std::string::npos);
  EXPECT_NE(reason("--n_enc_layers 6").find("--operation"), std::string::npos);
  EXPECT_NE(reason("--operation transpose --optimizer adamx,lr=1").find("--optimizer"), std::string::npos);
  EXPECT_NE(reason("--operation transpose --more_tolerance 0.1,x").find("more_tolerance"), std::string::npos);
}

TEST(ReferenceFlags, ConvertsAnExperimentOfThePaper) {
  const ReferenceConversion conversion = convert(
      "--operation eigenvalues --generator gaussian --n_enc_layers 6 --n_dec_layers 1 --enc_emb_dim 512 --n_enc_heads "
      "8 "
      "--input_encoding FP15,2,16 --output_encoding float,2,1000 --eigen_distribution laplace "
      "--additional_test_distributions positive,marcenko --max_len 30 --max_output_len 30 --fp16 true --amp 2 "
      "--optimizer adam_cosine,warmup_updates=10000,lr=0.0001,init_period=4000000 --env_base_seed 7 "
      "--float_tolerance 0.05 --more_tolerance 0.02,0.01 --stopping_criterion valid_numeric_beam_acc,200 "
      "--validation_metrics _valid_numeric_xe_loss,valid_numeric_additional_2,valid_numeric_acc_d1 --eval_verbose 2");
  EXPECT_EQ(get<std::string>(conversion, "task", "plugin"), "eigenvalues");
  EXPECT_EQ(get<Texts>(conversion, "task", "eigen_distribution"), Texts{"laplace"});
  // The reference tests on its default unless it is told otherwise.
  EXPECT_EQ(get<Texts>(conversion, "evaluation", "task.eigen_distribution"), Texts{"semicircle"});
  const auto sets = get<std::vector<ParameterTable>>(conversion, "evaluation", "sets");
  ASSERT_EQ(sets.size(), 2U);
  EXPECT_EQ(std::get<std::string>(sets[1].entries.at("name").value), "marcenko");
  EXPECT_EQ(get<std::int64_t>(conversion, "model", "encoder.layers"), 6);
  EXPECT_EQ(get<std::string>(conversion, "encoding", "input"), "FP15,2,16");
  EXPECT_EQ(get<std::int64_t>(conversion, "data", "max_len"), 30);
  EXPECT_EQ(get<std::int64_t>(conversion, "data", "seed"), 7);
  EXPECT_EQ(get<std::string>(conversion, "training", "precision"), "float16");
  EXPECT_EQ(get<std::string>(conversion, "optimizer", "plugin"), "adam");
  EXPECT_EQ(get<double>(conversion, "optimizer", "learning_rate"), 1e-4);
  EXPECT_EQ(get<std::string>(conversion, "schedule", "plugin"), "cosine");
  EXPECT_EQ(get<std::int64_t>(conversion, "schedule", "warmup_updates"), 10000);
  EXPECT_EQ(get<std::vector<double>>(conversion, "evaluation", "tolerances"), (std::vector<double>{0.05, 0.02, 0.01}));
  EXPECT_EQ(get<std::string>(conversion, "training", "stopping_criterion"), "valid.accuracy,200");
  EXPECT_EQ(get<Texts>(conversion, "training", "validation_metrics"),
            (Texts{"_valid.cross_entropy", "valid.within.d1.0.01", "valid.within.d2.0.05"}));
  ASSERT_EQ(conversion.notes.size(), 1U);
  EXPECT_NE(conversion.notes[0].find("eval_verbose"), std::string::npos);
  EXPECT_NE(to_toml(conversion).find("#   eval_verbose = 2"), std::string::npos);
}

TEST(ReferenceFlags, KeepsTheReferencesOwnDefaults) {
  const ReferenceConversion conversion = convert("--operation transpose");
  EXPECT_EQ(get<std::vector<double>>(conversion, "evaluation", "tolerances"), std::vector<double>{0.1});
  EXPECT_FALSE(has(conversion, "evaluation", "task.eigen_distribution"));
  EXPECT_TRUE(conversion.notes.empty());
}

TEST(ReferenceFlags, LeavesOutWhatATaskDoesNotHave) {
  const ReferenceConversion conversion =
      convert("--operation eigenvalues --rectangular true --force_dim false --min_input_coeff -1");
  EXPECT_FALSE(has(conversion, "task", "rectangular"));
  EXPECT_FALSE(has(conversion, "task", "force_dim"));
  EXPECT_FALSE(has(conversion, "task", "min_input_coeff"));
  ASSERT_EQ(conversion.notes.size(), 1U);  // force_dim false says nothing
  EXPECT_NE(conversion.notes[0].find("rectangular"), std::string::npos);
  EXPECT_TRUE(has(convert("--operation cotraining --cotraining_tasks TE --rectangular true"), "task", "rectangular"));
  EXPECT_FALSE(has(convert("--operation cotraining --cotraining_tasks E --rectangular true"), "task", "rectangular"));
}

TEST(ReferenceFlags, GreedySearchHasNoBeam) {
  const ReferenceConversion greedy = convert("--operation transpose --beam_eval false --beam_size 5");
  EXPECT_FALSE(has(greedy, "evaluation", "beam_size"));
  EXPECT_EQ(greedy.notes.size(), 1U);
  const ReferenceConversion beam = convert("--operation transpose --beam_eval true --beam_size 5");
  EXPECT_EQ(get<std::int64_t>(beam, "evaluation", "beam_size"), 5);
}

TEST(ReferenceFlags, SplitsDataFiles) {
  const ReferenceConversion conversion = convert("--operation transpose --reload_data numeric,a.train,a.valid");
  EXPECT_EQ(get<std::string>(conversion, "data", "reload_data"), "a.train");
  EXPECT_EQ(get<std::string>(conversion, "evaluation", "data"), "a.valid");
}

}  // namespace
}  // namespace matseq
