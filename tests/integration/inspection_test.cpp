// What a newcomer tries first: help, plugins and their parameters, learning rates, and commands that do not exist.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "run_command.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

constexpr const char* commands[] = {"train",   "eval",   "generate", "schedule",   "convert-flags", "help",
                                    "plugins", "encode", "decode",   "vocabulary", "score",         "data"};

TEST(Inspection, EveryCommandExplainsItself) {
  const CommandResult help = run_matseq({"--help"});
  EXPECT_EQ(help.status, 0);
  for (const char* command : commands) EXPECT_NE(help.output.find(command), std::string::npos) << command;
  for (const char* command : {"train", "generate", "score"}) {
    const CommandResult own = run_matseq({command, "--help"});
    EXPECT_EQ(own.status, 0) << command;
    EXPECT_GT(own.output.size(), 100) << command;
  }
}

TEST(Inspection, WrongCommandLinesEndWithStatusTwo) {
  const CommandResult unknown = run_matseq({"trian"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.errors.find("'trian', did you mean 'train'?"), std::string::npos) << unknown.errors;
  const std::vector<std::vector<std::string>> wrong = {
      {}, {"generate"}, {"schedule", "x.toml", "--updates", "-1"}, {"plugins", "--what"}};
  for (const std::vector<std::string>& tokens : wrong) {
    const CommandResult result = run_matseq(tokens);
    EXPECT_EQ(result.status, 2) << result.errors;
    EXPECT_NE(result.errors.find("--help"), std::string::npos) << result.errors;
  }
}

TEST(Inspection, PluginsAreListedAndDocumented) {
  const CommandResult all = run_matseq({"plugins"});
  EXPECT_EQ(all.status, 0) << all.errors;
  EXPECT_EQ(all.errors, "");
  for (const char* name : {"transpose",    "matrix_sum",    "matrix_vector", "matrix_product", "eigenvalues",
                           "eigenvectors", "invert_matrix", "syminverse",    "singularvalues", "singularvectors",
                           "cotraining",   "positional",    "float_symbol",  "floating_point", "adam",
                           "sgd",          "constant",      "warmup",        "inverse_sqrt",   "cosine",
                           "transformer"}) {
    EXPECT_NE(all.output.find(std::string(" ") + name + " "), std::string::npos) << name;
  }

  const CommandResult one = run_matseq({"plugins", "eigenvalues"});
  EXPECT_EQ(one.status, 0) << one.errors;
  for (const char* part : {"task 'eigenvalues'", "min_dimension = 5", "eigen_distribution = [\"semicircle\"]",
                           "one of 'semicircle'", "at least", "matseq_task_eigenvalues.so"}) {
    EXPECT_NE(one.output.find(part), std::string::npos) << part << " is not in: " << one.output;
  }
  const auto json = nlohmann::json::parse(run_matseq({"plugins", "eigenvalues", "--json"}).output);
  ASSERT_EQ(json.size(), 1U);
  EXPECT_EQ(json[0]["kind"], "task");
  EXPECT_EQ(json[0]["parameters"][0].size(), 3U);
  expect_refusal(run_matseq({"plugins", "eigenvalue"}), {"no plugin 'eigenvalue', did you mean 'eigenvalues'?"});
}

TEST(Inspection, SettingsAreDocumented) {
  const CommandResult all = run_matseq({"help"});
  EXPECT_EQ(all.status, 0) << all.errors;
  for (const char* part : {"[encoding]", "[data]", "[training]", "[evaluation]", "batch_size = 64",
                           "tolerances = [0.05, 0.02, 0.01, 0.005]", "one of 'float32'", "from 1 to"}) {
    EXPECT_NE(all.output.find(part), std::string::npos) << part << " is not in: " << all.output;
  }
  const CommandResult one = run_matseq({"help", "data"});
  EXPECT_EQ(one.output.find("[training]"), std::string::npos);
  EXPECT_NE(
      one.output.find("workers = 2\n      threads that make batches ahead of the trainer; 0: none; from 0 to 256; a "
                      "continued run may change it\n"),
      std::string::npos)
      << one.output;
  expect_refusal(run_matseq({"help", "trainin"}), {"no table [trainin], did you mean 'training'?"});
}

TEST(Inspection, LearningRatesOfASchedule) {
  const TemporaryFolder folder;
  const std::string file = folder / "experiment.toml";
  write_file(file, R"([task]
plugin = "transpose"
[optimizer]
plugin = "adam"
learning_rate = 1e-3
[schedule]
plugin = "warmup"
warmup_updates = 4
warmup_init_lr = 0
)");
  const CommandResult rates = run_matseq({"schedule", file, "--updates", "6"});
  EXPECT_EQ(rates.status, 0) << rates.errors;
  std::istringstream stream(rates.output);
  for (const double expected : {0.0, 2.5e-4, 5e-4, 7.5e-4, 1e-3, 1e-3}) {
    double rate = -1;
    stream >> rate;
    EXPECT_NEAR(rate, expected, 1e-15);
  }
  const CommandResult changed = run_matseq({"schedule", file, "--updates", "1", "--set", "schedule.plugin=constant"});
  expect_refusal(changed, {"schedule 'constant'", "warmup_init_lr"});
}

}  // namespace
}  // namespace matseq
