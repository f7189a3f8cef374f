// What matseq is measured against does the same work: same tokens, same parameters, same loss on the same examples.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "python.h"
#include "run_command.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

using nlohmann::json;

const std::string peer = MATSEQ_SOURCE_DIR "/bench/compare/peer.py";

json run_peer(const std::string& python, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {python, peer});
  const CommandResult result = run_command(arguments);
  EXPECT_EQ(result.status, 0) << result.errors;
  return json::parse(result.output);
}

TEST(Peer, ComputesTheSameLoss) {
  const auto python = find_python({"torch", "numpy", "safetensors"});
  if (!python) GTEST_SKIP() << "no Python with torch, numpy and safetensors: set MATSEQ_TEST_PYTHON to one";
  const std::string config = MATSEQ_SOURCE_DIR "/configs/quickstart.toml";
  const TemporaryFolder folder;
  const std::string run = folder / "run";
  ASSERT_EQ(run_matseq({"train", config, "--run", run, "--set", "training.epoch_size=640", "--set",
                        "training.max_epoch=1", "--set", "evaluation.size=64"})
                .status,
            0);
  const std::string data = folder / "valid.txt";
  write_file(data, run_matseq({"generate", config, "--count", "300", "--set-name", "valid"}).output);
  const json ours =
      json::parse(run_matseq({"eval", run, "--data", data, "--set", "evaluation.size=300", "--json"}).output);
  const json theirs = run_peer(*python, {"evaluate", config, "--weights", run + "/model.safetensors", "--data", data});
  const double loss = ours.at("valid").at("cross_entropy");
  EXPECT_NEAR(theirs.at("cross_entropy").get<double>(), loss, 1e-5 * loss);
  EXPECT_EQ(theirs.at("examples"), 300);
}

TEST(Peer, HasTheSameVocabulary) {
  const auto python = find_python({"torch", "numpy", "safetensors"});
  if (!python) GTEST_SKIP() << "no Python with torch, numpy and safetensors: set MATSEQ_TEST_PYTHON to one";
  const TemporaryFolder folder;
  for (const std::string encoding : {"P1000", "B1999", "FP15"}) {
    const std::string config = folder / "encoding.toml";
    write_file(config, "[encoding]\ninput = \"" + encoding + "\"\noutput = \"" + encoding + "\"\n");
    const json theirs = run_peer(*python, {"vocabulary", config});
    std::istringstream ours(run_matseq({"vocabulary", "--input", encoding, "--output", encoding}).output);
    for (const json& token : theirs.at("tokens")) {
      std::string line;
      ASSERT_TRUE(std::getline(ours, line));
      EXPECT_EQ(line, token.get<std::string>());
    }
  }
}

}  // namespace
}  // namespace matseq
