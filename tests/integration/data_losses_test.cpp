// Examples that are lost are counted, said, and written down; what can never work is refused before anything is done.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "run_command.h"
#include "small_experiment.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

class DataLosses : public ::testing::Test {
 protected:
  DataLosses() { write_file(config_, small_experiment); }

  CommandResult train(const std::vector<std::string>& settings, const std::string& run = "run") const {
    std::vector<std::string> tokens = {"train", config_, "--run", folder_ / run};
    for (const std::string& setting : settings) tokens.insert(tokens.end(), {"--set", setting});
    return run_matseq(tokens);
  }
  /// The lines of metrics.jsonl that have evaluations.
  std::vector<nlohmann::json> epochs(const std::string& run = "run") const {
    std::vector<nlohmann::json> lines;
    std::istringstream stream(read_file(folder_ / run / "metrics.jsonl"));
    for (std::string line; std::getline(stream, line);) {
      const nlohmann::json json = nlohmann::json::parse(line);
      if (json.contains("valid")) lines.push_back(json);
    }
    return lines;
  }

  TemporaryFolder folder_;
  std::string config_ = folder_ / "experiment.toml";
};

void expect_said(const std::string& text, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) EXPECT_NE(text.find(part), text.npos) << "'" << part << "' is not in " << text;
}

/// The output encoding cannot write half of the numbers.
const std::vector<std::string> half_lost = {"encoding.input=FP15", "encoding.output=FP15", "task.min_dimension=1",
                                            "task.max_dimension=1", "task.max_input_coeff=2000000000"};

TEST_F(DataLosses, ThatNeverEndIsRefusedBeforeAnythingIsMade) {
  expect_refusal(train({"encoding.input=P1000", "encoding.output=P1000", "task.max_dimension=3", "data.max_len=24"}),
                 {"'train'", "'3-3'", "data.max_len = 24"});
  expect_refusal(train({"evaluation.max_output_len=5"}), {"'valid'", "evaluation.max_output_len = 5"});
  EXPECT_FALSE(fs::exists(folder_ / "run"));
}

TEST_F(DataLosses, OfTrainingAreSaidAndWrittenDown) {
  const CommandResult trained = train(half_lost);
  ASSERT_EQ(trained.status, 0) << trained.errors;
  expect_said(trained.errors, {"'train': ", "output encoding's limit of 1000000000, class 1-1"});
  expect_said(read_file(folder_ / "run" / "train.log"), {"'train': ", "'valid': "});
  const std::vector<nlohmann::json> lines = epochs();
  ASSERT_EQ(lines.size(), 2U);
  for (std::size_t epoch = 0; epoch < 2; ++epoch) {
    const nlohmann::json& data = lines[epoch]["data"];
    EXPECT_EQ(data["examples"], 80 * (epoch + 1)) << "of the run so far";
    EXPECT_GT(data["rejected"], 40 * (epoch + 1));
    EXPECT_EQ(data["classes"]["1-1"]["beyond_limit"], data["rejected"]);
    EXPECT_EQ(lines[epoch]["valid"]["data"]["examples"], 32);
    EXPECT_GT(lines[epoch]["valid"]["data"]["classes"]["1-1"]["beyond_limit"], 10);
  }
  // Neither workers nor an interruption change what is counted.
  std::vector<std::string> one_epoch = half_lost;
  one_epoch.insert(one_epoch.end(), {"training.max_epoch=1", "data.workers=0"});
  ASSERT_EQ(train(one_epoch, "continued").status, 0);
  std::vector<std::string> both = half_lost;
  both.emplace_back("data.workers=5");
  ASSERT_EQ(train(both, "continued").status, 0);
  EXPECT_EQ(epochs("continued"), lines);
}

TEST_F(DataLosses, OfEvaluationAndGenerationAreSaid) {
  ASSERT_EQ(train({"training.max_epoch=1", "task.min_dimension=1"}).status, 0);
  const std::string run = folder_ / "run";
  const CommandResult evaluated = run_matseq({"eval", run, "--json", "--set", "evaluation.max_output_len=12"});
  ASSERT_EQ(evaluated.status, 0) << evaluated.errors;
  expect_said(evaluated.errors, {"warning: 'valid'", "evaluation.max_output_len = 12"});
  const nlohmann::json data = nlohmann::json::parse(evaluated.output)["valid"]["data"];
  EXPECT_GT(data["targets_not_decodable"], 5);
  EXPECT_LT(data["targets_not_decodable"], 30);
  expect_refusal(run_matseq({"eval", run, "--set", "evaluation.max_output_len=3"}), {"'valid'", "max_output_len = 3"});

  std::vector<std::string> generate = {"generate", config_, "--count", "100"};
  for (const std::string& setting : half_lost) generate.insert(generate.end(), {"--set", setting});
  const CommandResult generated = run_matseq(generate);
  EXPECT_EQ(generated.status, 0);
  EXPECT_EQ(generated.lines(), 100U);
  expect_said(generated.errors, {"warning: 'train': ", "output encoding's limit"});
  generate.insert(generate.end(), {"--set", "encoding.output=P1000", "--set", "task.max_input_coeff=1000000000000"});
  expect_said(run_matseq(generate).errors, {"warning: 'train': ", "inputs of 1000000000 or more"});
}

}  // namespace
}  // namespace matseq
