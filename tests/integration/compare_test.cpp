// `matseq compare` on tiny runs.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "run_command.h"
#include "small_experiment.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

using Json = nlohmann::json;

/// Two encodings with two seeds each, in one folder, made once.
const std::string& runs() {
  static const TemporaryFolder folder;
  static const std::string path = [] {
    write_file(folder / "small.toml", small_experiment);
    for (const std::string encoding : {"P10", "P1000"}) {
      for (const std::string seed : {"1", "2"}) {
        std::vector<std::string> command = {"train", (folder / "small.toml").string(),
                                            "--run", (folder / "runs" / (encoding + "-" + seed)).string(),
                                            "--set", "data.seed=" + seed,
                                            "--set", "encoding.input=" + encoding,
                                            "--set", "encoding.output=" + encoding};
        const CommandResult result = run_matseq(command);
        EXPECT_EQ(result.status, 0) << result.errors;
      }
    }
    return (folder / "runs").string();
  }();
  return path;
}

Json compared(std::vector<std::string> options) {
  options.insert(options.begin(), "compare");
  options.emplace_back("--json");
  const CommandResult result = run_matseq(options);
  EXPECT_EQ(result.status, 0) << result.errors;
  return Json::parse(result.output);
}

TEST(Compare, SeedsAreOneRowAndEncodingsAColumn) {
  const Json json = compared({runs()});
  EXPECT_EQ(json["metric"], "valid.accuracy");
  EXPECT_EQ(json["columns"], Json::parse("[\"encoding\"]"));
  ASSERT_EQ(json["rows"].size(), 2U) << json;
  EXPECT_EQ(json["cut_examples"], 160);
  const Json& first = json["rows"][0];
  EXPECT_EQ(first["settings"]["encoding"], "P10");
  EXPECT_EQ(first["n"], 2);
  EXPECT_EQ(first["source_tokens"], 22.0);
  EXPECT_EQ(first["vocabulary"], 338);
  EXPECT_EQ(first["runs"].size(), 2U);
  EXPECT_GT(first["examples_per_second"], 0);
  EXPECT_EQ(json["rows"][1]["settings"]["encoding"], "P1000");
  EXPECT_EQ(json["rows"][1]["target_tokens"], 14.0);
}

TEST(Compare, MetricBudgetAndTarget) {
  const Json json = compared(
      {runs(), "--metric", "_valid.cross_entropy", "--budget-examples", "100", "--target", "1000", "--sort", "value"});
  EXPECT_EQ(json["smaller_is_better"], true);
  const Json& rows = json["rows"];
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_LT(rows[0]["mean"], rows[1]["mean"]);
  EXPECT_TRUE(rows[0]["p"].is_null());
  EXPECT_GT(rows[1]["p"], 0);
  EXPECT_LT(rows[1]["p"], 1);
  EXPECT_EQ(rows[0]["examples"], 80);
  EXPECT_EQ(rows[0]["examples_to_target"], 80);
  EXPECT_LT(rows[0]["target_p"], 0.5);
  EXPECT_GT(rows[0]["deviation"], 0);
}

TEST(Compare, FurtherMetricsAreColumns) {
  const std::string metrics = "valid.accuracy,valid.within.d1.0.02,_valid.cross_entropy";
  const Json json = compared({runs(), "--metric", metrics});
  EXPECT_EQ(json["metric"], "valid.accuracy");
  EXPECT_EQ(json["further"], Json::parse("[\"valid.within.d1.0.02\", \"valid.cross_entropy\"]"));
  const Json entropy = compared({runs(), "--metric", "valid.cross_entropy"});
  const Json& shown = json["rows"][1]["further"]["valid.cross_entropy"];
  EXPECT_EQ(shown["mean"], entropy["rows"][1]["mean"]);
  EXPECT_EQ(shown["deviation"], entropy["rows"][1]["deviation"]);
  EXPECT_EQ(json["rows"][1]["runs"][0]["further"]["valid.cross_entropy"], entropy["rows"][1]["runs"][0]["value"]);
  const CommandResult table = run_matseq({"compare", "--metric", metrics, runs(), "--markdown"});
  ASSERT_EQ(table.status, 0) << table.errors;
  for (const char* line : {"\n| encoding | n | valid.accuracy | valid.within.d1.0.02 | valid.cross_entropy | p |",
                           "\n|---|---:|---:|---:|---:|---:|", "\n| P1000 | 2 | "}) {
    EXPECT_NE(table.output.find(line), std::string::npos) << line << " is not in: " << table.output;
  }
}

TEST(Compare, EveryToleranceAndEverySet) {
  const TemporaryFolder folder;
  write_file(folder / "sets.toml",
             small_experiment +
                 "tolerances = [0.1, 0.5]\nnorm = \"max\"\n[[evaluation.sets]]\nname = \"large\"\n"
                 "task = { max_input_coeff = 100 }\n");
  const CommandResult trained = run_matseq({"train", folder / "sets.toml", "--run", folder / "run"});
  ASSERT_EQ(trained.status, 0) << trained.errors;
  const Json json = compared({folder / "run", "--metric", "valid.accuracy,valid.perfect", "--tolerances", "--sets"});
  EXPECT_EQ(json["further"], (Json{"valid.perfect", "valid.within.max.0.1", "valid.within.max.0.5", "large.accuracy"}));
  EXPECT_EQ(json["rows"][0]["further"]["valid.within.max.0.1"]["mean"], json["rows"][0]["mean"]);
}

TEST(Compare, SingleRunsAndTheTable) {
  const CommandResult result = run_matseq({"compare", runs() + "/P10-1", runs() + "/P1000-2"});
  ASSERT_EQ(result.status, 0) << result.errors;
  EXPECT_NE(result.output.find("encoding  n  valid.accuracy"), std::string::npos) << result.output;
  EXPECT_NE(result.output.find("tokens in"), std::string::npos) << result.output;
  EXPECT_NE(result.output.find("160 examples"), std::string::npos) << result.output;
  const std::string with_target = run_matseq({"compare", runs(), "--target", "95"}).output;
  EXPECT_NE(with_target.find("p of 95  examples to 95"), std::string::npos) << with_target;
  EXPECT_NE(with_target.find("that the mean is more than that"), std::string::npos) << with_target;
  const CommandResult same = run_matseq({"compare", runs() + "/P10-1"});
  ASSERT_EQ(same.status, 0) << same.errors;
  EXPECT_NE(same.output.find("P10-1"), std::string::npos) << same.output;
}

TEST(Compare, FailedRunsDoNotHideTheOthers) {
  const TemporaryFolder folder;
  std::filesystem::copy(runs(), folder / "runs", std::filesystem::copy_options::recursive);
  std::filesystem::create_directory(folder / "runs" / "failed");
  write_file(folder / "runs" / "failed" / "failure.txt", "it ended with status 1\n");
  write_file(folder / "runs" / "P10-2" / "config.toml", "[task\n");
  const Json json = compared({(folder / "runs").string()});
  EXPECT_EQ(json["rows"][0]["n"], 1);
  EXPECT_EQ(json["notes"].size(), 2U) << json["notes"];
}

TEST(Compare, Refusals) {
  const TemporaryFolder folder;
  expect_refusal(run_matseq({"compare", folder.path().string()}), {"no run"});
  expect_refusal(run_matseq({"compare", runs(), "--metric", "valid.speed"}), {"valid.speed"});
  expect_refusal(run_matseq({"compare", runs(), "--metric", "valid.accuracy,valid.speed"}), {"valid.speed"});
  expect_refusal(run_matseq({"compare", runs(), "--sort", "valeu"}), {"valeu", "did you mean 'value'?"});
  EXPECT_EQ(run_matseq({"compare", runs(), "--budget-seconds", "-1"}).status, 2);
}

}  // namespace
}  // namespace matseq
