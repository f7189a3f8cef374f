// `matseq check` as a user sees it: which plugin it means, its table, JSON and exit status.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "run_command.h"

namespace matseq {
namespace {

const std::string test_plugins = MATSEQ_TEST_PLUGINS;
const std::string careless_task = test_plugins + "/careless_task/matseq_task_careless.so";

/// With these folders in MATSEQ_PLUGIN_PATH.
CommandResult check_with_path(const std::string& path, std::vector<std::string> arguments) {
  std::vector<std::string> tokens = {"env", "MATSEQ_PLUGIN_PATH=" + path, MATSEQ_EXECUTABLE, "check"};
  tokens.insert(tokens.end(), arguments.begin(), arguments.end());
  return run_command(tokens);
}

TEST(CheckCommand, AnInstalledPluginByItsName) {
  const CommandResult checked = run_matseq({"check", "transpose", "--set", "max_dimension=7"});
  EXPECT_EQ(checked.status, 0) << checked.errors;
  EXPECT_EQ(checked.errors, "");
  EXPECT_TRUE(checked.output.starts_with("task 'transpose' 1.0.0 (")) << checked.output;
  EXPECT_NE(checked.output.find("\nok      same draws for the same stream "), std::string::npos) << checked.output;
  EXPECT_NE(checked.output.find(" draws/s\n"), std::string::npos) << checked.output;
  EXPECT_TRUE(checked.output.ends_with("It keeps to its contract: 10 checks.\n")) << checked.output;
  EXPECT_EQ(checked.output.find("FAILED"), std::string::npos) << checked.output;
}

TEST(CheckCommand, AFaultIsNamedAndEndsWithStatus1) {
  const CommandResult checked = run_matseq({"check", careless_task, "--set", "fault=constant"});
  EXPECT_EQ(checked.status, 1);
  EXPECT_EQ(checked.errors, "");
  EXPECT_NE(checked.output.find("FAILED  same draws for the same stream          all of 100 streams gave the same "
                                "example; draw() draws it from its stream\n"),
            std::string::npos)
      << checked.output;
  EXPECT_TRUE(checked.output.ends_with("It breaks its contract: 1 of 10 checks failed.\n")) << checked.output;
}

TEST(CheckCommand, Json) {
  const CommandResult checked = run_matseq({"check", careless_task, "--set", "fault=constant", "--json"});
  EXPECT_EQ(checked.status, 1);
  const nlohmann::json report = nlohmann::json::parse(checked.output);
  EXPECT_EQ(report.at("kind"), "task");
  EXPECT_EQ(report.at("name"), "careless");
  EXPECT_EQ(report.at("passed"), false);
  EXPECT_EQ(report.at("checks").size(), 10U);
  int failed = 0;
  for (const nlohmann::json& check : report.at("checks")) {
    if (check.at("passed")) continue;
    ++failed;
    EXPECT_EQ(check.at("name"), "same draws for the same stream");
    EXPECT_TRUE(check.at("found").get<std::string>().starts_with("all of 100 streams"));
  }
  EXPECT_EQ(failed, 1);
}

TEST(CheckCommand, OneNameOfSeveralKinds) {
  const std::string path = test_plugins + "/careless_encoder:" + test_plugins + "/careless_schedule";
  expect_refusal(check_with_path(path, {"careless"}),
                 {"'careless' is the name of plugins of several kinds, 'encoder', 'schedule'; say which by --kind"});
  const CommandResult chosen = check_with_path(path, {"careless", "--kind", "schedule"});
  EXPECT_EQ(chosen.status, 0) << chosen.output << chosen.errors;
  EXPECT_TRUE(chosen.output.starts_with("schedule 'careless'")) << chosen.output;
}

// As while a plugin is worked on that is installed already.
TEST(CheckCommand, AFileIsMeantEvenIfItsPluginIsOnTheSearchPathToo) {
  const CommandResult checked = check_with_path(test_plugins + "/undocumented_task", {careless_task});
  EXPECT_EQ(checked.status, 0) << checked.output << checked.errors;
  const CommandResult other = check_with_path(test_plugins + "/undocumented_task", {"careless"});
  EXPECT_EQ(other.status, 1);
  EXPECT_NE(other.output.find("has no documentation"), std::string::npos) << other.output;
}

TEST(CheckCommand, LibTorchIsLoadedWhereItIsNeeded) {
  const CommandResult checked = run_matseq({"check", "adam", "--set", "weight_decay=0.1"});
  EXPECT_EQ(checked.status, 0) << checked.errors;
  EXPECT_NE(checked.output.find("ok      state restored exactly "), std::string::npos) << checked.output;
}

}  // namespace
}  // namespace matseq
