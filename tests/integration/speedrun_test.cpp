// The speed record: its entries are accepted and train, what changes the task is not, and rows follow from logs.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "python.h"
#include "run_command.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

const fs::path folder_of_record = MATSEQ_SOURCE_DIR "/bench/speedrun";

std::vector<fs::path> toml_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& file : fs::recursive_directory_iterator(folder)) {
    if (file.path().extension() == ".toml") files.push_back(file.path());
  }
  std::ranges::sort(files);
  return files;
}

class Speedrun : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto python = find_python({"tomllib"});
    if (!python) GTEST_SKIP() << "no Python 3.11: set MATSEQ_TEST_PYTHON to one";
    python_ = *python;
  }

  CommandResult speedrun(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {python_, folder_of_record / "speedrun.py", "--matseq", MATSEQ_EXECUTABLE});
    return run_command(arguments);
  }

  /// What is said of a sweep over the 2x2 inverse.
  CommandResult checked(const std::string& sweep) const {
    const fs::path base = folder_of_record / "tasks" / "inverse_2x2.toml";
    write_file(folder_ / "entry.toml", "base = \"" + base.string() + "\"\n" + sweep);
    return speedrun({"--check", folder_ / "entry.toml"});
  }

  void expect_refused(const std::string& sweep, const std::vector<std::string>& parts) const {
    const CommandResult result = checked(sweep);
    EXPECT_EQ(result.status, 1) << sweep;
    for (const std::string& part : parts) {
      EXPECT_NE(result.errors.find(part), std::string::npos) << "'" << part << "' is not in: " << result.errors;
    }
  }

  TemporaryFolder folder_;
  std::string python_;
};

TEST_F(Speedrun, EveryEntryIsAccepted) {
  std::vector<std::string> arguments = {"--check"};
  for (const fs::path& entry : toml_files(folder_of_record / "entries")) arguments.push_back(entry);
  EXPECT_GE(arguments.size(), 11U);
  const CommandResult result = speedrun(arguments);
  EXPECT_EQ(result.status, 0) << result.errors;
  EXPECT_EQ(result.lines(), arguments.size() - 1) << result.output;
}

TEST_F(Speedrun, TheTricksAreAccepted) {
  for (const fs::path& file : toml_files(folder_of_record / "tricks")) {
    const std::vector<std::string> plan = {"sweep", file, "--dry-run", "--dir", folder_ / "none"};
    const std::vector<std::string> base = {
        "train", file, "--run", folder_ / file.stem(), "--set", "training.max_epoch=0", "--set", "evaluation.size=4"};
    const CommandResult result = run_matseq(file.stem().string().ends_with("_base") ? base : plan);
    EXPECT_EQ(result.status, 0) << file << ": " << result.errors;
  }
}

class SpeedrunTask : public ::testing::TestWithParam<std::string> {};

/// With a small model: what it takes to train the papers' is not looked for here.
TEST_P(SpeedrunTask, AllItsFilesTrain) {
  const TemporaryFolder folder;
  std::vector<fs::path> files = toml_files(folder_of_record / "entries" / GetParam());
  files.push_back(folder_of_record / "tasks" / (GetParam() + ".toml"));
  for (const fs::path& file : files) {
    fs::path config = file;
    if (&file != &files.back()) {
      const CommandResult plan = run_matseq({"sweep", file, "--dry-run", "--json", "--dir", folder / "none"});
      ASSERT_EQ(plan.status, 0) << plan.errors;
      config = folder / "config.toml";
      write_file(config, nlohmann::json::parse(plan.output)["runs"][0]["configuration"].get<std::string>());
    }
    const fs::path run = folder / file.stem();
    std::vector<std::string> command = {"train", config, "--run", run};
    for (const char* setting : {"model.encoder.width=48", "model.decoder.width=48", "model.encoder.heads=4",
                                "model.decoder.heads=4", "training.batch_size=4", "training.epoch_size=12",
                                "training.max_epoch=1", "training.threads=1", "data.workers=0", "evaluation.size=4"}) {
      command.insert(command.end(), {"--set", setting});
    }
    const CommandResult result = run_matseq(command);
    EXPECT_EQ(result.status, 0) << file << ": " << result.errors;
    EXPECT_NE(read_file(run / "metrics.jsonl").find("\"update\":3,"), std::string::npos) << file;
  }
}

std::vector<std::string> task_names() {
  std::vector<std::string> names;
  for (const fs::path& file : toml_files(folder_of_record / "tasks")) names.push_back(file.stem());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Every, SpeedrunTask, ::testing::ValuesIn(task_names()),
                         [](const auto& task) { return task.param; });

TEST_F(Speedrun, WhatIsFixedCannotBeChanged) {
  const std::string three = "seeds = 3\n[[runs]]\n";
  for (const std::string setting :
       {"\"task.max_input_coeff\" = 1", "\"task.generator\" = \"gaussian\"", "\"task.classic_eval\" = true",
        "\"evaluation.size\" = 100", "\"evaluation.beam_size\" = 4", "\"evaluation.tolerances\" = [0.05, 0.5]",
        "\"data.max_len\" = 20", "\"training.validation_metrics\" = [\"valid.correct\"]"}) {
    expect_refused(three + setting + "\n", {setting.substr(1, setting.find('"', 1) - 1), "it is fixed"});
  }
  expect_refused(three + "\"encoding.output\" = { plugin = \"positional\", precision = 0 }\n", {"encoding.output"});
  expect_refused(three + "\"encoding.input\" = \"FP15,2,8\"\n", {"encoding.input"});
}

TEST_F(Speedrun, NormalizedEncodingsAreFineAndFit) {
  const auto entry = [](const char* side, const char* range, const char* base) {
    return fmt::format(
        "seeds = 3\n[[runs]]\n\"encoding.{}\" = {{ plugin = \"normalized\", range = {}, base = {}, digits = 1 }}\n",
        side, range, base);
  };
  const CommandResult accepted = checked(entry("input", "10.0", "2000"));
  EXPECT_EQ(accepted.status, 0) << accepted.errors;
  expect_refused(entry("input", "10.0", "1999"), {"encoding.input", "2000 steps"});
  expect_refused(entry("input", "9.0", "2000"), {"encoding.input", "beyond the range"});
  expect_refused(entry("input", "21.0", "2000"), {"encoding.input", "at most twice the largest"});
  expect_refused(entry("output", "1.0", "2000"), {"encoding.output", "beyond the range"});
  const std::string fine = "\"encoding.input\" = { plugin = \"normalized\", range = 10.0, base = 2000, digits = 1 }\n";
  expect_refused(entry("output", "1.0", "2000") + fine, {"encoding.output", "beyond the range"});
}

TEST_F(Speedrun, SeedsAreThreeOfOneConfiguration) {
  EXPECT_EQ(checked("seeds = 3\n[[runs]]\n\"optimizer.learning_rate\" = 2e-3\n").status, 0);
  expect_refused("seeds = 2\n", {"at least 3 seeds"});
  expect_refused("seeds = 3\n[grid]\n\"optimizer.learning_rate\" = [1e-3, 2e-3]\n", {"one configuration"});
}

TEST_F(Speedrun, TrainingFilesHoldNoTestExample) {
  const std::string task = folder_of_record / "tasks" / "inverse_2x2.toml";
  const std::string train = run_matseq({"generate", task, "--count", "20"}).output;
  const std::string test = run_matseq({"generate", task, "--count", "1", "--set-name", "valid"}).output;
  const std::string entry = "seeds = 3\n[[runs]]\n\"data.reload_data\" = \"train.txt\"\n";
  write_file(folder_ / "train.txt", train);
  const CommandResult accepted = checked(entry);
  EXPECT_EQ(accepted.status, 0) << accepted.errors;
  write_file(folder_ / "train.txt", train + test);
  expect_refused(entry, {"holds 1 examples of the test set"});
}

TEST_F(Speedrun, ARowIsWhatTheLogsSay) {
  const fs::path runs = folder_ / "runs" / "inverse_2x2" / "entry";
  ASSERT_EQ(checked("seeds = 3\n").status, 0);
  const nlohmann::json plan = nlohmann::json::parse(
      run_matseq({"sweep", folder_ / "entry.toml", "--dry-run", "--json", "--dir", folder_ / "none"}).output);
  const std::vector<std::string> accuracies = {"96.5", "96", "97"};
  for (std::size_t seed = 0; seed < 3; ++seed) {
    const nlohmann::json& run = plan["runs"][seed];
    const fs::path folder = runs / run["name"].get<std::string>();
    fs::create_directories(folder);
    write_file(folder / "config.toml", run["configuration"].get<std::string>());
    std::string metrics;
    for (const auto& [update, accuracy] : {std::pair<std::string, std::string>{"1000", "90"},
                                           {seed == 1 ? "3000" : "2000", "95.5"},
                                           {"4000", accuracies[seed]}}) {
      metrics += R"({"update":)" + update + R"(,"epoch":1,"valid":{"within":{"d1":{"0.05":)" + accuracy + "}}}}\n";
    }
    write_file(folder / "metrics.jsonl", metrics);
  }
  const CommandResult result = speedrun({folder_ / "entry.toml", "--no-train", "--runs", (folder_ / "runs").string()});
  ASSERT_EQ(result.status, 0) << result.errors;
  // t = 1.5 / (0.5 / sqrt(3)) with two degrees of freedom.
  EXPECT_NE(result.output.find("| 3 | 256,000 | 149,333 ± 36,950 | 96.50, 96.00, 97.00 | 0.0175 |  |  |  |"),
            std::string::npos)
      << result.output;
  const fs::path longer = runs / plan["runs"][1]["name"].get<std::string>() / "metrics.jsonl";
  write_file(longer, read_file(longer) + R"({"update":5000,"epoch":2,"valid":{"within":{"d1":{"0.05":99}}}})" + "\n");
  const CommandResult refused = speedrun({folder_ / "entry.toml", "--no-train", "--runs", (folder_ / "runs").string()});
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.errors.find("end after 4000, 5000 updates"), std::string::npos) << refused.errors;
}

/// Examples of a curriculum's stages may differ in size, and so in what they take.
TEST_F(Speedrun, SecondsAreThoseOfEachStage) {
  const std::string script = "import sys; sys.path.insert(0, '" + folder_of_record.string() + R"(')
from speedrun import stages_of, training_seconds as seconds
stages = [{'from': 1, 'over': 0, 'examples_per_second': 100}, {'from': 101, 'over': 200, 'examples_per_second': 10}]
print(*(f"{seconds({'stages': stages}, n):.4g}" for n in (50, 100, 200, 300, 400)), seconds({'examples_per_second': 10}, 50))
for data in ({'curriculum': [{'from': 1, 'task': {'n': 3}}, {'from': 5, 'over': 2}]}, {}):
  print([(stage['from'], stage['over'], stage['task']) for stage in stages_of({'data': data})]))";
  // Of the second stage are a quarter of the first 100 of its 200 mixed ones, and half of all of them.
  const CommandResult result = run_command({python_, "-B", "-c", script});
  EXPECT_EQ(result.output, "0.5 1 4.25 12 22 5.0\n[(1, 0, {'n': 3}), (5, 2, {})]\n[(1, 0, {})]\n") << result.errors;
}

/// docs/speedrun.md holds what `speedrun.py --table` prints.
TEST_F(Speedrun, TheDocumentsTableFollowsFromTheKeptLogs) {
  const CommandResult table = speedrun({"--table"});
  ASSERT_EQ(table.status, 0) << table.errors;
  EXPECT_GT(table.lines(), 2U);
  EXPECT_NE(read_file(MATSEQ_SOURCE_DIR "/docs/speedrun.md").find(table.output), std::string::npos)
      << "python3 bench/speedrun/speedrun.py --table:\n"
      << table.output;
}

}  // namespace
}  // namespace matseq
