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

// Of these the peer computes the loss only; sources of two sizes have padding.
TEST(Peer, ComputesTheSameLossOfOtherModels) {
  const auto python = find_python({"torch", "numpy", "safetensors"});
  if (!python) GTEST_SKIP() << "no Python with torch, numpy and safetensors: set MATSEQ_TEST_PYTHON to one";
  const TemporaryFolder folder;
  const std::string config = folder / "experiment.toml", data = folder / "valid.txt";
  const std::string stack = "width = 32\nheads = 4\n", two_stacks = stack + "encoder_layers = 2\ndecoder_layers = 2\n";
  int number = 0;
  for (const std::string& model :
       {"decoder_only\"\nlayers = 2\n" + stack, "decoder_only\"\nlayers = 2\nprefix = false\n" + stack,
        "encoder_only\"\nlayers = 2\n" + stack, "modern_transformer\"\n" + two_stacks,
        std::string("rnn\"\ncell = \"lstm\"\nlayers = 2\nwidth = 32\n"),
        std::string("rnn\"\ncell = \"gru\"\nbidirectional = false\nattention = false\nwidth = 32\n"),
        "universal_transformer\"\nencoder_loops = 3\ndecoder_loops = 2\n" + two_stacks,
        "universal_transformer\"\nencoder_loops = 3\ngate = \"channel\"\n" + stack}) {
    write_file(config, R"([task]
plugin = "transpose"
min_dimension = 1
max_dimension = 2
[encoding]
input = "P1000"
output = "P1000"
[optimizer]
plugin = "adam"
learning_rate = 1e-3
[data]
max_len = 30
[training]
epoch_size = 320
max_epoch = 1
device = "cpu"
threads = 1
[evaluation]
size = 100
max_output_len = 20
[model]
plugin = ")" + model);
    const std::string run = folder / ("run-" + std::to_string(++number));
    const CommandResult trained = run_matseq({"train", config, "--run", run});
    ASSERT_EQ(trained.status, 0) << trained.errors;
    write_file(data, run_matseq({"generate", config, "--count", "100", "--set-name", "valid"}).output);
    const json ours = json::parse(run_matseq({"eval", run, "--data", data, "--json"}).output);
    const json theirs =
        run_peer(*python, {"evaluate", config, "--weights", run + "/model.safetensors", "--data", data});
    const double loss = ours.at("valid").at("cross_entropy");
    EXPECT_NEAR(theirs.at("cross_entropy").get<double>(), loss, 1e-4 * loss) << model;
    EXPECT_EQ(theirs.at("examples"), 100);
  }
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
