// `matseq inspect-encoding`: encodings side by side.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "run_command.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

using Json = nlohmann::json;

TEST(InspectEncoding, NumbersVocabulariesLengthsAndRounding) {
  const CommandResult result =
      run_matseq({"inspect-encoding", "P1000", "FP15", "--numbers", "3.14,-0.001,1e10", "--sizes", "3,5", "--json"});
  ASSERT_EQ(result.status, 0) << result.errors;
  const Json json = Json::parse(result.output);
  ASSERT_EQ(json.size(), 2U);
  EXPECT_EQ(json[0]["encoding"], "P1000");
  EXPECT_EQ(json[0]["numbers"][0]["tokens"], Json::parse(R"(["+", "314", "E-2"])"));
  EXPECT_EQ(json[0]["numbers"][1]["read"], -0.001);
  EXPECT_EQ(json[0]["vocabulary"], 1328);
  EXPECT_EQ(json[0]["sequence_lengths"], Json::parse(R"({"3": 29, "5": 77})"));
  EXPECT_EQ(json[1]["sequence_lengths"]["5"], 27);
  EXPECT_EQ(json[1]["limit"], 1e9);
  EXPECT_GT(json[1]["numbers"][2]["relative_error"], 0.5);
  EXPECT_EQ(json[0]["rounding"].size(), json[1]["rounding"].size());
  EXPECT_LE(json[0]["rounding"][0]["largest"], 0.005);
  EXPECT_LE(json[0]["mean_error"], json[0]["largest_error"]);
  EXPECT_LE(json[0]["largest_error"], 0.005);
}

TEST(InspectEncoding, TablesAndPlots) {
  const TemporaryFolder folder;
  const CommandResult result =
      run_matseq({"inspect-encoding", "P10", "{ plugin = \"positional\", base = 100 }", "--numbers=-2", "--range",
                  "0.1", "10", "--svg", (folder / "plot.svg").string()});
  ASSERT_EQ(result.status, 0) << result.errors;
  EXPECT_NE(result.output.find("    -2  P10"), std::string::npos) << result.output;
  EXPECT_NE(result.output.find("- 2 0 0 E-2"), std::string::npos) << result.output;
  EXPECT_NE(result.output.find("largest rounding error"), std::string::npos) << result.output;
  const std::string svg = read_file(folder / "plot.svg");
  EXPECT_NE(svg.find("<svg "), std::string::npos) << svg.substr(0, 100);
  EXPECT_NE(svg.find("P10"), std::string::npos);
}

TEST(InspectEncoding, Refusals) {
  expect_refusal(run_matseq({"inspect-encoding", "p10"}), {"'p10'", "did you mean 'P10'?"});
  expect_refusal(run_matseq({"inspect-encoding", "P10", "--numbers", "1,two"}), {"--numbers", "'two'"});
  expect_refusal(run_matseq({"inspect-encoding", "P10", "--range", "0", "10"}), {"--range"});
  expect_refusal(run_matseq({"inspect-encoding", "P10", "--range", "10", "1"}), {"--range"});
  EXPECT_EQ(run_matseq({"inspect-encoding", "P10", "--sizes", "0"}).status, 2);
}

}  // namespace
}  // namespace matseq
