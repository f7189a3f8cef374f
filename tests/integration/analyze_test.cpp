#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "run_command.h"

namespace matseq {
namespace {

/// Two inversions, of which one is right at 5%, and a transposition.
const std::string predictions =
    R"({"set":"valid","task":"invert_matrix","source":[[2,0],[0,4]],"target":[[0.5,0],[0,0.25]],)"
    R"("hypotheses":[[[0.505,0],[0,0.25]]],"perfect":false,"correct":true,"errors":{"d1":0.005}})"
    "\n"
    R"({"set":"valid","task":"invert_matrix","source":[[2,0],[0,4]],"target":[[0.5,0],[0,0.25]],)"
    R"("hypotheses":[[[0.6,0],[0,0.25]]],"perfect":false,"correct":true,"errors":{"d1":0.1}})"
    "\n"
    R"({"set":"valid","task":"transpose","source":[[1,2]],"target":[[1],[2]],)"
    R"("hypotheses":[],"perfect":true,"correct":true,"errors":{"d1":0}})"
    "\n";

class Analyze : public ::testing::Test {
 protected:
  Analyze() { write_file(file_, predictions); }

  TemporaryFolder folder_;
  std::string file_ = (folder_ / "predictions.jsonl").string();
};

TEST_F(Analyze, PrintsATable) {
  const CommandResult result = run_matseq({"analyze", file_});
  EXPECT_EQ(result.status, 0) << result.errors;
  for (const char* part : {"valid, invert_matrix: 2 examples", "valid, transpose: 1 examples", "inverse: the 1 wrong",
                           "condition number of the input M"}) {
    EXPECT_NE(result.output.find(part), std::string::npos) << "'" << part << "' is not in " << result.output;
  }
}

TEST_F(Analyze, TakesThePredictionsOfARun) {
  EXPECT_EQ(run_matseq({"analyze", folder_.path()}).output, run_matseq({"analyze", file_}).output);
  std::filesystem::remove(file_);
  expect_refusal(run_matseq({"analyze", folder_.path()}),
                 {"has no predictions.jsonl", "matseq eval " + folder_.path().string() + " --verbose 1"});
}

TEST_F(Analyze, PrintsJsonAndWritesPlots) {
  const std::string plots = (folder_ / "new" / "plots").string();
  const CommandResult result = run_matseq({"analyze", "--tolerances", "0.05,0.001", file_, "--json", "--svg", plots});
  ASSERT_EQ(result.status, 0) << result.errors;
  const nlohmann::json json = nlohmann::json::parse(result.output);
  EXPECT_EQ(json["groups"][0]["accuracy"]["0.05"], 50);
  EXPECT_EQ(json["groups"][0]["accuracy"]["0.001"], 0);
  EXPECT_EQ(json["groups"][0]["condition_number"]["right"]["mean"], 2);
  EXPECT_EQ(json["groups"][1]["perfect"], 100);
  for (const char* name : {"invert_matrix.d1", "invert_matrix.accuracy-by-condition", "invert_matrix.condition-number",
                           "invert_matrix.identity", "invert_matrix.inverse", "transpose.d1"}) {
    EXPECT_TRUE(read_file(plots + "/valid-" + name + ".svg").ends_with("</svg>\n")) << name;
  }
}

TEST_F(Analyze, RefusesWhatItCannotUse) {
  expect_refusal(run_matseq({"analyze", "/no/such/file"}), {"/no/such/file", "No such file"});
  expect_refusal(run_matseq({"analyze", "/dev/null"}), {"no predictions"});
  expect_refusal(run_matseq({"analyze", file_, "--tolerances", "0"}), {"tolerance 0"});
  expect_refusal(run_matseq({"analyze", file_, "--svg", file_}), {"predictions.jsonl"});
  write_file(file_, predictions + "{\"set\":");
  expect_refusal(run_matseq({"analyze", file_}), {"predictions.jsonl", "line 4", "not JSON"});
}

}  // namespace
}  // namespace matseq
