// `matseq generate`: the same bytes whoever makes them, in whatever pieces.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "run_command.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

constexpr const char* transpose = R"([task]
plugin = "transpose"
rectangular = true
min_dimension = 1
max_dimension = 4
)";

constexpr const char* eigenvectors = R"([task]
plugin = "eigenvectors"
min_dimension = 2
max_dimension = 4
eigen_distribution = ["semicircle", "laplace"]
[encoding]
input = "FP15"
output = "P1000"
[evaluation]
size = 10
task = { eigen_distribution = ["positive"] }
sets = [{ name = "uniform", task = { eigen_distribution = ["uniform"] } },
        { name = "large", task = { min_dimension = 5, max_dimension = 5 } }]
)";

constexpr const char* cotraining = R"([task]
plugin = "cotraining"
cotraining_tasks = "TADMEFI"
min_dimension = 2
max_dimension = 3
[data]
seed = 12
)";

class GenerateCommand : public ::testing::Test {
 protected:
  std::string config(const std::string& text) const {
    const std::string file = folder_ / "experiment.toml";
    write_file(file, text);
    return file;
  }
  static std::string generate(const std::string& config, std::vector<std::string> options) {
    options.insert(options.begin(), {"generate", config});
    const CommandResult result = run_matseq(options);
    EXPECT_EQ(result.status, 0) << result.errors;
    return result.output;
  }

  TemporaryFolder folder_;
};

struct Case {
  const char* name;
  const char* experiment;
  const char* format;
};

class GenerateIsReproducible : public GenerateCommand, public ::testing::WithParamInterface<Case> {};

// 1,300 examples are three of the pieces that workers make at a time; the cuts fall inside of such pieces.
TEST_P(GenerateIsReproducible, ForAnyNumberOfWorkersAndAnyPieces) {
  const std::string experiment = config(GetParam().experiment);
  const auto examples = [&](const char* first, const char* count, const char* workers) {
    return generate(experiment,
                    {"--first", first, "--count", count, "--workers", workers, "--format", GetParam().format});
  };
  const std::string whole = examples("0", "1300", "1");
  EXPECT_EQ(std::ranges::count(whole, '\n'), 1300);
  EXPECT_TRUE(examples("0", "1300", "2") == whole);
  EXPECT_TRUE(examples("0", "1300", "7") == whole);
  EXPECT_TRUE(examples("0", "1", "0") + examples("1", "700", "7") + examples("701", "599", "1") == whole);
}

INSTANTIATE_TEST_SUITE_P(Experiments, GenerateIsReproducible,
                         ::testing::Values(Case{"TransposeTokens", transpose, "tokens"},
                                           Case{"EigenvectorsMatrices", eigenvectors, "matrices"},
                                           Case{"CotrainingTokens", cotraining, "tokens"},
                                           Case{"CotrainingMatrices", cotraining, "matrices"}),
                         [](const auto& tested) { return tested.param.name; });

TEST_F(GenerateCommand, SetsHaveTheirOwnExamplesAndParameters) {
  const std::string experiment = config(eigenvectors);
  const std::vector<std::string> rest = {"--count", "40", "--format", "matrices"};
  const auto set = [&](const std::string& name) {
    std::vector<std::string> options = rest;
    options.insert(options.end(), {"--set-name", name});
    return generate(experiment, options);
  };
  const std::string training = generate(experiment, rest);
  EXPECT_EQ(set("train"), training);
  const auto for_each_example = [](const std::string& text, const auto& action) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) action(nlohmann::json::parse(line));
  };

  for_each_example(set("valid"), [](const nlohmann::json& example) {
    for (const nlohmann::json& eigenvalue : example.at("target").at(0)) EXPECT_GE(eigenvalue.get<double>(), 0);
  });
  bool some_negative = false;
  const std::string uniform = set("uniform");
  for_each_example(uniform, [&](const nlohmann::json& example) {
    some_negative |= example.at("target").at(0).at(0).get<double>() < 0;
  });
  EXPECT_TRUE(some_negative);
  EXPECT_NE(uniform, training);
  for_each_example(set("large"), [](const nlohmann::json& example) { EXPECT_EQ(example.at("source").size(), 5); });

  expect_refusal(run_matseq({"generate", experiment, "--count", "1", "--set-name", "unifrom"}),
                 {"no data set 'unifrom'", "'train', 'valid', 'uniform', 'large'"});
}

TEST_F(GenerateCommand, AnotherSeedGivesOtherExamples) {
  const std::string experiment = config(transpose);
  const std::string seed_one = generate(experiment, {"--count", "20"});
  EXPECT_EQ(generate(experiment, {"--count", "20", "--set", "data.seed=1"}), seed_one);
  EXPECT_NE(generate(experiment, {"--count", "20", "--set", "data.seed=2"}), seed_one);
}

TEST_F(GenerateCommand, NumbersOfExamplesAreChecked) {
  const std::string experiment = config(transpose);
  EXPECT_EQ(generate(experiment, {"--count", "0"}), "");
  for (const char* bad : {"-1", "1.5", "many", "99999999999999999999"}) {
    const CommandResult count = run_matseq({"generate", experiment, "--count", bad});
    EXPECT_EQ(count.status, 2) << bad << count.errors;
    EXPECT_NE(count.errors.find("--count"), std::string::npos) << count.errors;
    const CommandResult first = run_matseq({"generate", experiment, "--count", "1", "--first", bad});
    EXPECT_EQ(first.status, 2) << bad << first.errors;
  }
  // Far away examples are examples like any others.
  const std::string far = generate(experiment, {"--count", "2", "--first", "9000000000000000000"});
  EXPECT_EQ(std::ranges::count(far, '\n'), 2);
}

TEST_F(GenerateCommand, AClosedOutputIsReported) {
  const std::string command = std::string(MATSEQ_EXECUTABLE) + " generate " + config(transpose) + " --count 5";
  expect_refusal(run_command({"/bin/sh", "-c", command + " >/dev/full"}), {"could not be written"});
}

TEST_F(GenerateCommand, DataDescribesWhatItWrites) {
  const std::string file = config(transpose);
  const CommandResult described = run_matseq({"data", file, "--count", "300", "--json"});
  ASSERT_EQ(described.status, 0) << described.errors;
  const nlohmann::json data = nlohmann::json::parse(described.output);
  EXPECT_EQ(data.at("drawn").at("examples"), 300);
  EXPECT_EQ(data.at("input").at("shapes").size(), 16);
  // The tokens of the lines that generate writes.
  std::istringstream lines(run_matseq({"generate", file, "--count", "300"}).output);
  int minus = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream input(line.substr(0, line.find('\t')));
    for (std::string token; input >> token;) minus += token == "-" ? 1 : 0;
  }
  EXPECT_EQ(data.at("input").at("tokens").at("-"), minus);

  const CommandResult table = run_matseq({"data", file, "--count", "300", "--set", "data.distinct_examples=30"});
  EXPECT_NE(table.output.find("different inputs    30 (10%)"), std::string::npos) << table.output;
  expect_refusal(run_matseq({"data", file, "--set-name", "vald"}), {"'vald'", "'valid'"});
}

}  // namespace
}  // namespace matseq
