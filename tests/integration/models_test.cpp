// The trained models that come with the source answer, and are as good as their page says.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "run_command.h"
#include "small_experiment.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string model(const std::string& name) { return (fs::path(MATSEQ_SOURCE_DIR) / "models" / name).string(); }

TEST(Models, Answer) {
  const CommandResult result =
      run_matseq({"predict", model("eigenvalues-3x3"), "--json"}, "[[2, -4, 7], [-4, 3, 1], [7, 1, -6]]\n");
  ASSERT_EQ(result.status, 0) << result.errors;
  const Json answer = Json::parse(result.output);
  EXPECT_LT(answer.at("d1").get<double>(), 0.05) << result.output;
  EXPECT_EQ(answer.at("truth").size(), 3U);
}

/// Percent within 5% of 500 examples that no training has seen; a standard deviation is at most 2.
double accuracy_of(const std::string& name) {
  const CommandResult result = run_matseq({"eval", model(name), "--json", "--set", "evaluation.size=500", "--set",
                                           "data.seed=77", "--set", "data.workers=0"});
  EXPECT_EQ(result.status, 0) << result.errors;
  return Json::parse(result.output).at("valid").at("accuracy").get<double>();
}

TEST(Models, AreAsGoodAsTheirPageSays) {
  EXPECT_NEAR(accuracy_of("eigenvalues-3x3"), 98, 3);
  EXPECT_NEAR(accuracy_of("eigenvectors-3x3"), 97, 3);
  EXPECT_NEAR(accuracy_of("inverse-2x2"), 95, 4);
  EXPECT_NEAR(accuracy_of("product-3x3"), 100, 1);
  EXPECT_NEAR(accuracy_of("transpose-10x10"), 100, 1);
}

TEST(Models, AreSmallAndHaveWhatTheirPageSays) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(model(""))) {
    if (!entry.is_directory()) continue;
    ++count;
    EXPECT_LT(fs::file_size(entry.path() / "model.safetensors"), 2U << 20) << entry.path();
    EXPECT_TRUE(fs::exists(entry.path() / "config.toml"));
    const CommandResult shown = run_matseq({"show", entry.path().string()});
    EXPECT_EQ(shown.status, 0) << shown.errors;
    EXPECT_NE(shown.output.find("a model alone"), std::string::npos) << shown.output;
  }
  EXPECT_GE(count, 3U);
}

TEST(Models, AreMadeOfRuns) {
  const TemporaryFolder folder;
  write_file(folder / "experiment.toml", small_experiment);
  const std::string run = folder / "run", copy = folder / "copy";
  ASSERT_EQ(run_matseq({"train", folder / "experiment.toml", "--run", run}).status, 0);
  const CommandResult made = run_matseq({"export", run, "--as", "model", "-o", copy});
  ASSERT_EQ(made.status, 0) << made.errors;
  EXPECT_LT(fs::file_size(copy + "/model.safetensors"), fs::file_size(run + "/model.safetensors") * 2 / 3);
  const std::string question = "[[1, 2], [3, 4]]\n";
  EXPECT_EQ(run_matseq({"predict", copy, "--json"}, question).status, 0);
  expect_refusal(run_matseq({"export", run, "--as", "model", "-o", copy}), {"copy", "there already"});
  expect_refusal(run_matseq({"export", run, "--as", "model", "-o", copy + "2", "--checkpoint", "best"}),
                 {"no checkpoint 'best'"});
  EXPECT_FALSE(fs::exists(copy + "2"));
  // It has no state to train on from.
  expect_refusal(run_matseq({"train", copy}), {"no state.json"});
}

}  // namespace
}  // namespace matseq
