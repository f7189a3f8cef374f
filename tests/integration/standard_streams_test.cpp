// Standard streams that are closed or full: no file of the program gets what is printed, and nothing is lost in
// silence.
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

class StandardStreams : public ::testing::Test {
 protected:
  StandardStreams() { write_file(config_, small_experiment); }

  /// Runs matseq with its streams changed as a shell would.
  static CommandResult run(const std::string& redirections, const std::vector<std::string>& arguments,
                           const std::string& input = "") {
    std::vector<std::string> tokens = {"bash", "-c", "exec \"$@\" " + redirections, "bash", MATSEQ_EXECUTABLE};
    tokens.insert(tokens.end(), arguments.begin(), arguments.end());
    return run_command(tokens, input);
  }

  void train() const { ASSERT_EQ(run("", {"train", config_, "--run", run_}).status, 0); }

  TemporaryFolder folder_;
  std::string config_ = folder_ / "experiment.toml";
  std::string run_ = folder_ / "run";
};

TEST_F(StandardStreams, ClosedOnesGiveTheirPlaceToNoFile) {
  const CommandResult trained = run(">&- 2>&-", {"train", config_, "--run", run_});
  EXPECT_EQ(trained.status, 0);
  EXPECT_NE(read_file(run_ + "/train.log").find("examples/s"), std::string::npos);
  for (const fs::directory_entry& file : fs::directory_iterator(run_)) {
    if (file.path().filename() == "train.log") continue;
    EXPECT_EQ(read_file(file.path()).find("examples/s"), std::string::npos) << file.path();
  }

  const std::string predictions = folder_ / "predictions.jsonl";
  const CommandResult shown = run(">&-", {"eval", run_, "--show", "3", "--verbose", "1", "--predictions", predictions});
  expect_refusal(shown, {"standard output"});
  std::istringstream lines(read_file(predictions));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_TRUE(nlohmann::json::accept(line)) << line;
  EXPECT_EQ(count, 32);

  expect_refusal(run("<&-", {"encode", "--encoding", "P10"}), {"input"});
  expect_refusal(run("<&-", {"score"}), {"input"});
  for (const char* nowhere : {"2>&-", "2>/dev/full"}) EXPECT_EQ(run(nowhere, {"plugins", "eigenvalue"}).status, 1);
}

TEST_F(StandardStreams, WhatCannotBePrintedIsAnError) {
  train();
  const std::string predictions = folder_ / "predictions.jsonl";
  ASSERT_EQ(run("", {"eval", run_, "--verbose", "1", "--predictions", predictions}).status, 0);
  const std::string example = R"({"task": "transpose", "source": [[1]], "target": [[1]], "hypothesis": [[1]]})";
  struct Printing {
    std::vector<std::string> arguments;
    std::string input;
  };
  for (const Printing& printing : std::vector<Printing>{
           {{"--help"}, ""},
           {{"--version"}, ""},
           {{"train", config_, "--run", run_}, ""},  // it is finished, and says so
           {{"eval", run_}, ""},
           {{"eval", run_, "--json"}, ""},
           {{"plugins"}, ""},
           {{"plugins", "adam"}, ""},
           {{"schedule", config_, "--updates", "3"}, ""},
           {{"generate", config_, "--count", "3"}, ""},
           {{"convert-flags", "--operation transpose"}, ""},
           {{"analyze", predictions}, ""},
           {{"vocabulary", "--input", "P10", "--output", "P10"}, ""},
           {{"encode", "--encoding", "P10"}, "1\n"},
           {{"decode", "--encoding", "P10"}, "V1 V1 + 1 0 0 E-2\n"},
           {{"score"}, example},
       }) {
    SCOPED_TRACE(printing.arguments.at(0));
    const CommandResult full = run(">/dev/full", printing.arguments, printing.input);
    EXPECT_EQ(full.status, 1) << full.errors;
    EXPECT_NE(full.errors.find("output"), std::string::npos) << full.errors;
  }
}

}  // namespace
}  // namespace matseq
