// What matseq says of experiments that it cannot run: file, line, key, what was found and what is accepted.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "run_command.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

constexpr const char* experiment = R"([task]
plugin = "transpose"
min_dimension = 2
max_dimension = 3

[encoding]
input = "P10"
output = "P10"
)";

class ConfigurationMessages : public ::testing::Test {
 protected:
  CommandResult generate(const std::string& text, const std::vector<std::string>& overrides = {}) const {
    write_file(file_, text);
    std::vector<std::string> tokens = {"generate", file_, "--count", "3"};
    for (const std::string& setting : overrides) tokens.insert(tokens.end(), {"--set", setting});
    return run_matseq(tokens);
  }

  const std::string& file_of(const std::string& text) const {
    write_file(file_, text);
    return file_;
  }

  TemporaryFolder folder_;
  std::string file_ = folder_ / "experiment.toml";
};

TEST_F(ConfigurationMessages, OverridesReplaceAndAddSettings) {
  const CommandResult plain = generate(experiment);
  EXPECT_EQ(plain.status, 0) << plain.errors;
  const CommandResult changed = generate(experiment, {"task.min_dimension=4", "task.max_dimension=4",
                                                      "encoding.input=FP15", "task.generator=gaussian", "data.seed=5"});
  EXPECT_EQ(changed.status, 0) << changed.errors;
  EXPECT_TRUE(changed.output.starts_with("V4 V4 N")) << changed.output;
  // The same settings in the file give the same examples.
  const CommandResult written = generate(R"(
[task]
plugin = "transpose"
min_dimension = 4
max_dimension = 4
generator = "gaussian"
[encoding]
input = { plugin = "floating_point" }
output = "float,2,10"
[data]
seed = 5
)");
  EXPECT_EQ(written.output, changed.output) << written.errors;
}

TEST_F(ConfigurationMessages, UnknownKeysNameTheNearestOne) {
  expect_refusal(generate(std::string(experiment) + "[data]\nsead = 3\n"),
                 {file_ + ":10: ", "'data.sead'", "did you mean 'seed'?", "Known keys: 'seed', 'workers'"});
  expect_refusal(generate(experiment, {"task.min_dimensin=2"}),
                 {"--set task.min_dimensin=2: ", "task 'transpose'", "did you mean 'min_dimension'?"});
  expect_refusal(generate(std::string(experiment) + "[evaluaton]\nsize = 3\n"),
                 {file_ + ":9: ", "[evaluaton]", "did you mean 'evaluation'?"});
}

TEST_F(ConfigurationMessages, WrongTypes) {
  expect_refusal(generate(std::string(experiment) + "[data]\nseed = \"one\"\n"),
                 {file_ + ":10: ", "'data.seed' must be an integer, found \"one\""});
  expect_refusal(generate(experiment, {"task.max_dimension=two"}), {"'task.max_dimension' must be an integer"});
  expect_refusal(generate(std::string("task = 3\n") + "[data]\n"), {file_ + ":1: ", "'task' must be a table"});
}

TEST_F(ConfigurationMessages, OutOfRange) {
  expect_refusal(generate(std::string(experiment) + "[training]\nbatch_size = 0\n"),
                 {file_ + ":10: ", "'training.batch_size': 0 is out of range, accepted is from 1 to"});
  expect_refusal(generate(experiment, {"task.generator=gausian"}),
                 {"'gausian' is not accepted, did you mean 'gaussian'?", "Accepted: 'uniform', 'gaussian'"});
}

TEST_F(ConfigurationMessages, Contradictions) {
  expect_refusal(generate(experiment, {"task.min_dimension=7"}),
                 {"'min_dimension' is 7", "'max_dimension', which is 3"});
  expect_refusal(generate(experiment, {"data.max_len=6"}), {"data.max_len = 6", "rejected"});
  expect_refusal(generate(experiment, {"task.min_dimension=3", "encoding.max_dimension=2"}),
                 {"dimension 3", "tokens for 1 to 2"});
  expect_refusal(generate(experiment, {R"(evaluation.sets=[{name="valid"}])"}), {"'valid' is taken"});
}

TEST_F(ConfigurationMessages, SyntaxErrorsHaveLineAndColumn) {
  expect_refusal(generate("[task]\nplugin = \n"), {file_ + ":2:"});
  expect_refusal(generate("[task]\nplugin = \"a\"\nplugin = \"b\"\n"), {file_ + ":3:"});
  expect_refusal(generate(experiment, {"task.min_dimension"}), {"accepted is table.key=value"});
  expect_refusal(run_matseq({"generate", folder_ / "missing.toml", "--count", "1"}),
                 {"missing.toml", "cannot be read"});
}

TEST_F(ConfigurationMessages, UnknownPluginsAndEncodings) {
  expect_refusal(generate(experiment, {"task.plugin=transpos"}),
                 {"no task plugin 'transpos', did you mean 'transpose'?", "Looked for matseq_task_transpos.so in"});
  expect_refusal(generate("[encoding]\n"), {"'task.plugin' is missing"});
  expect_refusal(generate(experiment, {"encoding.output=P100"}),
                 {"unknown encoding 'P100', did you mean 'P10'?", "'B1999'"});
  expect_refusal(generate(experiment, {"plugin_path=[\"nowhere\"]"}), {"no folder or library", "nowhere"});
}

TEST_F(ConfigurationMessages, APluginThatIsMissingMayBeOfAnotherKindOrFolder) {
  expect_refusal(run_matseq({"schedule", file_of(experiment), "--updates", "1", "--set", "schedule.plugin=adamW"}),
                 {"no schedule plugin 'adamW'"});
  expect_refusal(run_matseq({"schedule", file_of(experiment), "--updates", "1", "--set", "optimizer.plugin=adamW"}),
                 {"no optimizer plugin 'adamW', did you mean 'adamw'?"});
  expect_refusal(run_matseq({"schedule", file_of(experiment), "--updates", "1", "--set", "optimizer.plugin=cosine"}),
                 {"no optimizer plugin 'cosine'", "of this name, but it is of kind schedule", "MATSEQ_PLUGIN_PATH",
                  "plugin_path = [\"FOLDER\"]"});
  const CommandResult warned =
      run_command({"env", "MATSEQ_PLUGIN_PATH=/nope:" MATSEQ_PLUGIN_DIR, MATSEQ_EXECUTABLE, "plugins", "transpose"});
  EXPECT_EQ(warned.status, 0) << warned.errors;
  EXPECT_EQ(warned.errors, "matseq: MATSEQ_PLUGIN_PATH names '/nope', which is not there\n");
}

TEST_F(ConfigurationMessages, PlugInParametersHaveThePlaceAndOneName) {
  const CommandResult component = generate(R"([task]
plugin = "cotraining"
components = [{ plugin = "transpose", wieght = 2 }]
)");
  expect_refusal(component, {file_ + ":3: ", "'task.components.wieght'", "did you mean 'weight'?",
                             "Known keys: 'plugin', 'weight', 'code', 'generator'"});
  expect_refusal(generate(std::string(experiment) + "[schedule]\nplugin = \"constant\"\n", {"task.sigma=inf"}),
                 {"--set task.sigma=inf: 'task.sigma'", "finite"});
  expect_refusal(generate(experiment, {"task.max_dimension=9223372036854775807"}), {"out of range"});
  const CommandResult rates = run_matseq({"schedule", file_of(std::string(experiment) + R"([schedule]
plugin = "smooth_cosine"
period_mult = 2
)"),
                                          "--updates", "1"});
  expect_refusal(rates, {"schedule 'smooth_cosine': " + file_ + ":11: 'schedule.period_mult': it must be 1"});
  EXPECT_EQ(rates.errors.find("smooth_cosine"), rates.errors.rfind("smooth_cosine")) << rates.errors;
  for (const char* infinite : {"schedule.init_period=inf", "optimizer.learning_rate=inf"}) {
    expect_refusal(run_matseq({"schedule", file_of(std::string(experiment) + "[schedule]\nplugin = \"cosine\"\n"),
                               "--updates", "1", "--set", infinite}),
                   {infinite, "it must be finite"});
  }
  const CommandResult heads =
      run_matseq({"train", file_of(experiment), "--run", folder_ / "run", "--set", "model.encoder.heads=5"});
  expect_refusal(heads, {"model 'transformer': --set model.encoder.heads=5: 'model.encoder.heads': a width of 512"});
  EXPECT_EQ(heads.errors.find("transformer"), heads.errors.rfind("transformer")) << heads.errors;
}

TEST_F(ConfigurationMessages, MessagesStayOnTheirLines) {
  for (const std::string& override_text :
       {std::string("task.generator=\x1b[31mred"), std::string("task.plugin=\x1b[31m"), std::string("\x1b[31m=1"),
        std::string("encoding.input=\x1b[31m"), std::string("task.plugin=") + std::string(100000, 'x'),
        std::string("task.") + std::string(100000, 'x') + "=1"}) {
    const CommandResult result = generate(experiment, {override_text});
    expect_refusal(result, {});
    EXPECT_EQ(result.errors.find('\x1b'), std::string::npos) << result.errors;
    EXPECT_LT(result.errors.size(), 10000U);
  }
}

std::vector<fs::path> shipped_configurations(bool sweeps) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& file : fs::recursive_directory_iterator(fs::path(MATSEQ_SOURCE_DIR) / "configs")) {
    if (file.path().extension() != ".toml") continue;
    const bool has_base = read_file(file.path()).find("\nbase = ") != std::string::npos;
    if (has_base == sweeps) files.push_back(file.path());
  }
  return files;
}

TEST(ShippedConfigurations, AreAllAccepted) {
  int count = 0;
  for (const fs::path& file : shipped_configurations(false)) {
    ++count;
    const CommandResult generated = run_matseq({"generate", file, "--count", "2"});
    EXPECT_EQ(generated.status, 0) << generated.errors;
    EXPECT_EQ(generated.lines(), 2) << file;
    const CommandResult rates = run_matseq({"schedule", file, "--updates", "3"});
    EXPECT_EQ(rates.status, 0) << rates.errors;
    EXPECT_EQ(rates.lines(), 3) << file;
  }
  EXPECT_GT(count, 0);
}

// What a run changes must fit what it does not: coefficients an encoding's range, lengths data.max_len.
TEST(ShippedConfigurations, EveryRunOfASweepKeepsNearlyAllExamples) {
  const TemporaryFolder folder;
  int count = 0;
  for (const fs::path& file : shipped_configurations(true)) {
    const CommandResult listed = run_matseq({"sweep", file, "--dry-run", "--json", "--dir", folder / "runs"});
    ASSERT_EQ(listed.status, 0) << listed.errors;
    const nlohmann::json runs = nlohmann::json::parse(listed.output)["runs"];
    for (const nlohmann::json& run : runs) {
      SCOPED_TRACE(file.string() + ": " + run["name"].get<std::string>());
      if (run["settings"].value("data.seed", 1) != 1) continue;
      ++count;
      write_file(folder / "run.toml", run["configuration"]);
      const CommandResult described = run_matseq({"data", folder / "run.toml", "--count", "50", "--json"});
      ASSERT_EQ(described.status, 0) << described.errors;
      const nlohmann::json drawn = nlohmann::json::parse(described.output)["drawn"];
      int lost = 0;
      for (const nlohmann::json& reasons : drawn["classes"]) {
        for (const char* reason : {"beyond_limit", "source_too_long", "target_too_long"}) {
          lost += reasons.value(reason, 0);
        }
      }
      EXPECT_LE(lost, 5) << drawn;
      EXPECT_EQ(drawn["sources_out_of_range"], 0) << drawn;
    }
  }
  EXPECT_GT(count, 0);
}

TEST_F(ConfigurationMessages, ConvertedFlagsAreAnExperiment) {
  const CommandResult converted = run_matseq(
      {"convert-flags",
       "--operation eigenvalues --min_dimension 4 --max_dimension 4 --generator gaussian --input_encoding FP15,2,16 "
       "--output_encoding float,2,1000 --eigen_distribution laplace --additional_test_distributions uniform "
       "--optimizer adam_cosine,warmup_updates=10000,lr=0.0001 --env_base_seed 7"});
  ASSERT_EQ(converted.status, 0) << converted.errors;
  const CommandResult generated = generate(converted.output);
  EXPECT_EQ(generated.status, 0) << generated.errors;
  EXPECT_TRUE(generated.output.starts_with("V4 V4 N")) << generated.output;
  const CommandResult rates = run_matseq({"schedule", file_, "--updates", "2"});
  EXPECT_EQ(rates.lines(), 2) << rates.errors;
  // One argument or many.
  EXPECT_EQ(run_matseq({"convert-flags", "--operation", "transpose", "--fp16=true"}).output,
            run_matseq({"convert-flags", "--operation transpose --fp16=true"}).output);
  expect_refusal(run_matseq({"convert-flags", "--operaton eigenvalues"}), {"operaton", "did you mean"});
  EXPECT_EQ(run_matseq({"convert-flags", "--operation", "transpose", "--reload_data", ""}).output,
            run_matseq({"convert-flags", "--operation transpose"}).output);
  // Nothing is written that is not accepted.
  expect_refusal(run_matseq({"convert-flags", "--operation transpose --batch_load true"}),
                 {"an experiment that matseq does not accept", "'data.batch_load'"});
  EXPECT_EQ(run_matseq({"convert-flags"}).status, 2);
}

}  // namespace
}  // namespace matseq
