// Whose code runs: the plugin folders that a user's own experiment names are looked into; those that someone's run
// folder names are not, unless the user asks for it.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "run_command.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

class PluginTrust : public ::testing::Test {
 protected:
  /// Trains nothing, so that there is a run; its config.toml names the plugin folder.
  void make_run(const std::string& task) {
    write_file(config_, "plugin_path = [\"" + folder_of_plugins_ + "\"]\n[task]\nplugin = \"" + task + R"("
[encoding]
input = "P10"
output = "P10"
[model]
encoder = { layers = 1, width = 8, heads = 2 }
decoder = { layers = 1, width = 8, heads = 2 }
[data]
max_len = 200
[training]
max_epoch = 0
device = "cpu"
threads = 1
[evaluation]
size = 4
max_output_len = 200
)");
    const CommandResult trained = run_matseq({"train", config_, "--run", run_});
    ASSERT_EQ(trained.status, 0) << trained.errors;
  }

  void expect_accepted(const std::vector<std::string>& command) const {
    const CommandResult result = run_matseq(command);
    EXPECT_EQ(result.status, 0) << command[0] << " " << command[1] << ": " << result.errors;
  }

  const std::string folder_of_plugins_ = std::string(MATSEQ_TEST_PLUGINS) + "/good";
  TemporaryFolder folder_;
  const std::string config_ = folder_ / "experiment.toml";
  const std::string run_ = folder_ / "run";
};

TEST_F(PluginTrust, PluginsOfARunFolderAreNotRunUnasked) {
  make_run("trial");
  const std::string run_config = run_ + "/config.toml";
  const std::vector<std::vector<std::string>> commands = {{"eval", run_},
                                                          {"train", run_},
                                                          {"train", run_config, "--run", run_},
                                                          {"export", run_, "-o", folder_ / "x.pth"},
                                                          {"generate", run_config, "--count", "1"}};
  for (const std::vector<std::string>& command : commands) {
    expect_refusal(run_matseq(command), {"no task plugin 'trial'", "Not looked for in " + folder_of_plugins_,
                                         "--trust-plugins", "MATSEQ_PLUGIN_PATH", "--set plugin_path"});
  }
}

TEST_F(PluginTrust, AskedForTheyAreRun) {
  make_run("trial");
  expect_accepted({"eval", run_, "--trust-plugins"});
  expect_accepted({"train", run_, "--trust-plugins"});
  expect_accepted({"generate", run_ + "/config.toml", "--count", "1", "--trust-plugins"});
  expect_accepted({"eval", run_, "--set", "plugin_path=[\"" + folder_of_plugins_ + "\"]"});
  const CommandResult by_environment =
      run_command({"env", "MATSEQ_PLUGIN_PATH=" + folder_of_plugins_, MATSEQ_EXECUTABLE, "eval", run_});
  EXPECT_EQ(by_environment.status, 0) << by_environment.errors;
}

TEST_F(PluginTrust, AnExperimentFileIsTheUsersOwn) {
  make_run("trial");
  expect_accepted({"train", config_, "--run", run_});
  expect_accepted({"generate", config_, "--count", "1"});
}

TEST_F(PluginTrust, ARunThatNeedsNoneOfThemNeedsNoTrust) {
  make_run("transpose");
  const std::string before = read_file(run_ + "/config.toml");
  EXPECT_NE(before.find("plugin_path"), std::string::npos);
  expect_accepted({"eval", run_});
  expect_accepted({"train", run_});
  EXPECT_EQ(read_file(run_ + "/config.toml"), before);
}

}  // namespace
}  // namespace matseq
