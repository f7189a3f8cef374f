// `matseq predict`: a run's model asked about matrices of one's own.
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "run_command.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

using Json = nlohmann::json;

/// Transposition of 2 x 2 matrices: after 400 updates all answers are matrices, though not the right ones.
const std::string experiment = R"([task]
plugin = "transpose"
min_dimension = 2
max_dimension = 2
[encoding]
input = "P1000"
output = "P1000"
[model]
plugin = "transformer"
encoder = { layers = 1, width = 32, heads = 2 }
decoder = { layers = 1, width = 32, heads = 2 }
[optimizer]
plugin = "adam"
learning_rate = 4e-3
[data]
max_len = 40
workers = 0
[training]
batch_size = 32
epoch_size = 12800
max_epoch = 1
device = "cpu"
threads = 1
[evaluation]
size = 16
max_output_len = 30
)";

/// Made once.
const std::string& run() {
  static const TemporaryFolder folder;
  static const std::string path = [] {
    write_file(folder / "small.toml", experiment);
    const CommandResult result =
        run_matseq({"train", (folder / "small.toml").string(), "--run", (folder / "run").string()});
    EXPECT_EQ(result.status, 0) << result.errors;
    return (folder / "run").string();
  }();
  return path;
}

std::vector<Json> lines_of(const CommandResult& result) {
  EXPECT_EQ(result.status, 0) << result.errors;
  std::vector<Json> lines;
  std::istringstream text(result.output);
  for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line));
  return lines;
}

std::vector<Json> predict(const std::string& input, std::vector<std::string> options = {}) {
  options.insert(options.begin(), {"predict", run(), "--json"});
  return lines_of(run_matseq(options, input));
}

TEST(Predict, TellsSourcePredictionTruthAndError) {
  const std::vector<Json> lines = predict("[[1.5, 2], [2.25, -3]]\n\n[[1, 2], [3, 4]]\n");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0]["source"], Json::parse("[[1.5, 2], [2.25, -3]]"));
  EXPECT_EQ(lines[0]["truth"], Json::parse("[[1.5, 2.25], [2, -3]]"));
  for (const char* key : {"prediction", "d1", "max", "d2", "warnings", "place"})
    EXPECT_TRUE(lines[0].contains(key)) << key;
  EXPECT_TRUE(lines[0]["warnings"].empty()) << lines[0];
  EXPECT_GT(lines[0]["d1"], 0) << lines[0];
  const auto prediction = lines[0]["prediction"].get<std::vector<std::vector<double>>>();
  const std::vector<std::vector<double>> truth = {{1.5, 2.25}, {2, -3}};
  double error = 0;
  for (std::size_t i : {0U, 1U}) {
    for (std::size_t j : {0U, 1U}) error += std::abs(prediction.at(i).at(j) - truth[i][j]) / 8.75;
  }
  EXPECT_NEAR(lines[0]["d1"], error, 1e-12);
  EXPECT_EQ(lines[1]["place"], "standard input:3");
}

TEST(Predict, TheAnswersAreThoseOfEval) {
  const TemporaryFolder folder;
  const std::string predictions = (folder / "predictions.jsonl").string();
  const CommandResult evaluated =
      run_matseq({"eval", run(), "--verbose", "2", "--predictions", predictions, "--set", "evaluation.size=20"});
  ASSERT_EQ(evaluated.status, 0) << evaluated.errors;
  std::ifstream file(predictions);
  std::string sources;
  std::vector<Json> expected;
  for (std::string line; std::getline(file, line);) {
    expected.push_back(Json::parse(line));
    sources += expected.back()["source"].dump() + "\n";
  }
  ASSERT_EQ(expected.size(), 20U);
  const std::vector<Json> lines = predict(sources);
  ASSERT_EQ(lines.size(), expected.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Json& hypotheses = expected[i]["hypotheses"];
    ASSERT_EQ(hypotheses.size(), 1U) << expected[i];
    EXPECT_TRUE(hypotheses[0].is_array()) << hypotheses;
    EXPECT_EQ(lines[i]["prediction"], hypotheses[0]) << i;
  }
}

TEST(Predict, BatchesDoNotChangeTheAnswers) {
  std::string input;
  for (int i = 1; i <= 9; ++i) input += "[[" + std::to_string(i) + ", 2], [3, 4]]\n";
  const std::vector<Json> all = predict(input);
  const std::vector<Json> single = predict(input, {"--set", "evaluation.batch_size=1"});
  ASSERT_EQ(all.size(), 9U);
  EXPECT_EQ(all, single);
}

TEST(Predict, BeamsShowEveryHypothesis) {
  const std::vector<Json> lines = predict("[[1, 2], [3, 4]]\n", {"--beam", "3"});
  ASSERT_EQ(lines.size(), 1U);
  ASSERT_EQ(lines[0]["hypotheses"].size(), 3U) << lines[0];
  EXPECT_EQ(lines[0]["hypotheses"][0]["prediction"], lines[0]["prediction"]);
  EXPECT_FALSE(predict("[[1, 2], [3, 4]]\n")[0].contains("hypotheses"));
}

// At a temperature of nearly nothing every sample is the greedy answer, and so is their median.
TEST(Predict, SeveralSamplesAnswerWithTheirMedian) {
  const std::string input = "[[1.5, 2], [2.25, -3]]\n[[1, 2], [3, 4]]\n";
  const auto answers = [&](const std::string& temperature) {
    std::vector<Json> predictions;
    for (const Json& line :
         predict(input, {"--set", "evaluation.samples=5", "--set", "evaluation.sampling_temperature=" + temperature})) {
      predictions.push_back(line.at("prediction"));
    }
    return predictions;
  };
  std::vector<Json> greedy;
  for (const Json& line : predict(input)) greedy.push_back(line.at("prediction"));
  EXPECT_EQ(answers("0.001"), greedy);
  EXPECT_NE(answers("5"), greedy);
}

TEST(Predict, WhatTheModelHasNeverSeenIsAnsweredWithAWarning) {
  const std::vector<Json> lines = predict(
      "[[1, 2, 3]]\n[[100, 2], [3, 4]]\n[[\"nan\", 2], [3, 4]]\n"
      "[[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4]]\n");
  ASSERT_EQ(lines.size(), 4U);
  const auto warnings = [&](std::size_t i) { return lines[i]["warnings"].dump(); };
  EXPECT_NE(warnings(0).find("it is 1 x 3; what is drawn is 2 x 2"), std::string::npos) << warnings(0);
  EXPECT_EQ(lines[0]["truth"], Json::parse("[[1], [2], [3]]"));
  EXPECT_NE(warnings(1).find("100"), std::string::npos) << warnings(1);
  EXPECT_NE(warnings(2).find("not finite"), std::string::npos) << warnings(2);
  EXPECT_TRUE(lines[2]["truth"].is_null());
  EXPECT_TRUE(lines[2]["d1"].is_null());
  EXPECT_NE(warnings(3).find("data.max_len = 40"), std::string::npos) << warnings(3);
  EXPECT_TRUE(lines[3]["prediction"].is_null());
  EXPECT_EQ(lines[3]["truth"][3], Json::parse("[4, 4, 4, 4]"));
}

TEST(Predict, FilesOfEveryFormat) {
  const TemporaryFolder folder;
  const std::string expected = "[[1.0,2.0],[3.0,4.0]]";
  write_file(folder / "a.jsonl", "[[1, 2], [3, 4]]\n");
  write_file(folder / "b.csv", "1,2\n3,4\n");
  write_file(folder / "c.mtx", "%%MatrixMarket matrix array integer general\n2 2\n1\n3\n2\n4\n");
  std::string header = "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 2), }";
  header.resize(117, ' ');
  write_file(folder / "d.npy", std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" + "\x01\x02\x03\x04");
  std::vector<std::string> files;
  for (const char* name : {"a.jsonl", "b.csv", "c.mtx", "d.npy"}) files.push_back((folder / name).string());
  const std::vector<Json> lines = predict("", files);
  ASSERT_EQ(lines.size(), 4U);
  for (const Json& line : lines)
    EXPECT_EQ(line["source"].get<std::vector<std::vector<double>>>(),
              (std::vector<std::vector<double>>{{1, 2}, {3, 4}}));
  EXPECT_EQ(predict("1 2\n3 4\n", {"--format", "csv"})[0]["source"], lines[0]["source"]);
  EXPECT_EQ(predict("1 2\n3 4\n", {files[1], "-", "--format", "csv"}).size(), 2U);
}

TEST(Predict, TheTextShowsMatricesSideBySide) {
  const CommandResult result = run_matseq({"predict", run()}, "[[1.5, 2], [2.25, -3]]\n[[1, 2, 3]]\n");
  ASSERT_EQ(result.status, 0) << result.errors;
  EXPECT_NE(result.output.find("input"), std::string::npos);
  EXPECT_NE(result.output.find("truth"), std::string::npos);
  EXPECT_NE(result.output.find("        1.5          2           1.5       2.25"), std::string::npos) << result.output;
  EXPECT_NE(result.output.find("standard input:2\nwarning: unlike the training examples"), std::string::npos)
      << result.output;
}

TEST(Predict, FaultyInputEndsAfterTheAnswersBefore) {
  const CommandResult result = run_matseq({"predict", run(), "--json"}, "[[1, 2], [3, 4]]\n[[1, 2], [3]]\n");
  expect_refusal(result, {"standard input:2", "rows of 2 and of 1"});
  EXPECT_EQ(result.lines(), 1U);
  EXPECT_EQ(run_matseq({"predict", run(), "--json"}, "").output, "");
}

TEST(Predict, APipeThatNobodyReadsEndsIt) {
  const TemporaryFolder folder;
  std::string input;
  for (int i = 0; i < 20000; ++i) input += "[[1, 2], [3, 4]]\n";
  write_file(folder / "many.jsonl", input);
  const CommandResult result =
      run_command({"bash", "-c", "\"$0\" predict \"$1\" \"$2\" --json | head -n 1; exit ${PIPESTATUS[0]}",
                   MATSEQ_EXECUTABLE, run(), (folder / "many.jsonl").string()});
  EXPECT_EQ(result.status, 128 + SIGPIPE);
  EXPECT_EQ(result.lines(), 1U);
  EXPECT_EQ(result.errors, "");
}

TEST(Predict, Refusals) {
  const TemporaryFolder folder;
  write_file(folder / "a.txt", "1 2\n");
  expect_refusal(run_matseq({"predict", run(), (folder / "a.txt").string()}), {"a.txt", "--format"});
  expect_refusal(run_matseq({"predict", run(), (folder / "none.csv").string()}), {"none.csv", "No such file"});
  expect_refusal(run_matseq({"predict", run(), folder.path().string(), "--format", "csv"}), {"folder"});
  expect_refusal(run_matseq({"predict", folder.path().string()}, "[[1]]"), {"no run"});
  expect_refusal(run_matseq({"predict", run(), "--checkpoint", "best"}, "[[1]]"), {"best"});
}

}  // namespace
}  // namespace matseq
