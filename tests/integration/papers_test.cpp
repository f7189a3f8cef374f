// Every experiment and every sweep under configs/papers is accepted, and what is trained of it trains.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "run_command.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

const fs::path papers = fs::path(MATSEQ_SOURCE_DIR) / "configs" / "papers";

/// Twenty updates of a narrow model, whatever the experiment says; the heads of every file divide this width.
const Strings quick = {"--set", "training.batch_size=4",
                       "--set", "training.epoch_size=80",
                       "--set", "training.max_epoch=1",
                       "--set", "training.device=\"cpu\"",
                       "--set", "training.precision=\"float32\"",
                       "--set", "training.threads=1",
                       "--set", "data.workers=0",
                       "--set", "evaluation.size=8",
                       "--set", "model.encoder.width=24",
                       "--set", "model.decoder.width=24"};

/// All configurations, in the order of their paths. They are found when the test runs, so that a new one needs no
/// build.
std::vector<fs::path> configurations() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(papers)) {
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

void expect_to_train(const fs::path& experiment, const Strings& settings, const std::string& what) {
  SCOPED_TRACE(what);
  const TemporaryFolder folder;
  Strings command = {"train", experiment, "--run", folder / "run"};
  command.insert(command.end(), settings.begin(), settings.end());
  command.insert(command.end(), quick.begin(), quick.end());
  const CommandResult trained = run_matseq(command);
  ASSERT_EQ(trained.status, 0) << trained.errors;
  const nlohmann::json evaluation = nlohmann::json::parse(read_file(folder / "run" / "metrics.jsonl"));
  EXPECT_EQ(evaluation["update"], 20);
  EXPECT_EQ(evaluation["valid"]["examples"], 8);
}

/// Checks every run, and trains the first and the last.
void expect_sweep(const fs::path& file, const fs::path& base) {
  const TemporaryFolder folder;
  const CommandResult listed = run_matseq({"sweep", file, "--dir", folder / "runs", "--dry-run", "--json"});
  ASSERT_EQ(listed.status, 0) << listed.errors;
  const nlohmann::json runs = nlohmann::json::parse(listed.output)["runs"];
  ASSERT_GT(runs.size(), 1U) << file;
  for (const nlohmann::json& run : {runs.front(), runs.back()}) {
    Strings settings;
    for (const auto& [key, value] : run["settings"].items()) {
      settings.insert(settings.end(), {"--set", key + "=" + value.dump()});
    }
    expect_to_train(base, settings, file.string() + ": " + run["name"].get<std::string>());
  }
}

void expect_configuration(const fs::path& file) {
  const std::string text = read_file(file);
  std::smatch base;
  if (std::regex_search(text, base, std::regex("(?:^|\n)base = \"(.*)\""))) {
    expect_sweep(file, file.parent_path() / base[1].str());
  } else {
    expect_to_train(file, {}, file);
  }
}

/// Shared out among cases, which ctest runs beside each other.
class Papers : public ::testing::TestWithParam<int> {};
constexpr int shares = 6;

TEST_P(Papers, Train) {
  const std::vector<fs::path> files = configurations();
  ASSERT_GE(files.size(), static_cast<std::size_t>(shares));
  for (std::size_t i = static_cast<std::size_t>(GetParam()); i < files.size(); i += shares) {
    expect_configuration(files[i]);
  }
}

INSTANTIATE_TEST_SUITE_P(Shares, Papers, ::testing::Range(0, shares));

}  // namespace
}  // namespace matseq
