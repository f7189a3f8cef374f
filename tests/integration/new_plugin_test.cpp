// `matseq new` against an installed matseq, the tutorial that begins with it, and the worked examples of every kind.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "installed_matseq.h"
#include "run_command.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

using test::quoted;

/// All blocks of commands in a document, as they stand; blocks that show output say "```text".
std::string commands_in(const fs::path& document) {
  std::ifstream stream(document);
  std::string commands;
  enum class Block { none, of_commands, other } block = Block::none;
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("```")) {
      const Block begun = line == "```" ? Block::of_commands : Block::other;
      block = block == Block::none ? begun : Block::none;
    } else if (block == Block::of_commands) {
      commands += line + "\n";
    }
  }
  return commands;
}

/// Installs matseq once for all tests of this program.
class NewPluginTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    home_ = new TemporaryFolder();
    test::install_matseq(home_->path());
  }
  static void TearDownTestSuite() {
    delete home_;
    home_ = nullptr;
  }

  static fs::path home() { return home_->path(); }

  static CommandResult run(const std::string& commands) { return test::shell(home(), home(), commands); }

  /// Writes, builds, tests and checks a new plugin, and trains with it for a moment.
  static void expect_to_begin_with(const std::string& kind) {
    const std::string name = "my_" + kind, library = "build/matseq_" + kind + "_" + name + ".so";
    const CommandResult written = run("matseq/bin/matseq new " + kind + " " + name);
    ASSERT_EQ(written.status, 0) << written.output;
    const CommandResult built = run("cd " + name + R"(
cmake -G Ninja -B build -D CMAKE_PREFIX_PATH=$HOME/matseq
cmake --build build
ctest --test-dir build --output-on-failure
$HOME/matseq/bin/matseq check )" + library);
    ASSERT_EQ(built.status, 0) << built.output;
    EXPECT_NE(built.output.find("100% tests passed, 0 tests failed out of 1"), std::string::npos) << built.output;
    EXPECT_NE(built.output.find("It keeps to its contract"), std::string::npos) << built.output;
    const CommandResult trained =
        run("cd " + name + "; $HOME/matseq/bin/matseq train " + name +
            ".toml --run run --set training.epoch_size=1280 --set training.max_epoch=1 --set evaluation.size=20\n"
            "$HOME/matseq/bin/matseq eval run --trust-plugins");
    ASSERT_EQ(trained.status, 0) << trained.output;
    EXPECT_NE(trained.output.find("accuracy"), std::string::npos) << trained.output;
  }

  static TemporaryFolder* home_;
};

TemporaryFolder* NewPluginTest::home_ = nullptr;

TEST_F(NewPluginTest, TheTutorialsCommandsWorkAsTheyStand) {
  const fs::path folder = home() / "tutorial";
  fs::create_directories(folder);
  const std::string commands = commands_in(fs::path(MATSEQ_SOURCE_DIR) / "docs/tutorial-task.md");
  for (const char* part : {"matseq new task", "cmake --build", "matseq check", "matseq train", "matseq eval"}) {
    ASSERT_NE(commands.find(part), std::string::npos) << part << " is not in " << commands;
  }
  const CommandResult done = test::shell(folder, home(), commands);
  ASSERT_EQ(done.status, 0) << done.output;
  EXPECT_NE(done.output.find("It keeps to its contract"), std::string::npos) << done.output;
  EXPECT_NE(done.output.find("100% tests passed"), std::string::npos) << done.output;
  const fs::path project = folder / "row_maxima";
  EXPECT_TRUE(fs::exists(project / "run/model.safetensors"));
  double accuracy = 0;
  std::ifstream metrics(project / "run/metrics.jsonl");
  for (std::string line; std::getline(metrics, line);) {
    const nlohmann::json entry = nlohmann::json::parse(line);
    if (entry.contains("valid")) accuracy = entry.at("valid").at("accuracy").get<double>();
  }
  EXPECT_GT(accuracy, 50) << "it learned nothing to speak of: " << done.output;
  EXPECT_TRUE(fs::exists(home() / "matseq/lib/matseq/plugins/matseq_task_row_maxima.so"));
  const CommandResult described = run("matseq/bin/matseq plugins row_maxima");
  EXPECT_NE(described.output.find("Largest entry of each row"), std::string::npos) << described.output;
}

TEST_F(NewPluginTest, ANewEncoderIsComplete) { expect_to_begin_with("encoder"); }
TEST_F(NewPluginTest, ANewScheduleIsComplete) { expect_to_begin_with("schedule"); }
TEST_F(NewPluginTest, ANewOptimizerIsComplete) { expect_to_begin_with("optimizer"); }
TEST_F(NewPluginTest, ANewModelIsComplete) { expect_to_begin_with("model"); }

TEST_F(NewPluginTest, TheCommandsThatItPrintsAreTheNextOnes) {
  const CommandResult written = run("matseq/bin/matseq new task printed --dir elsewhere");
  ASSERT_EQ(written.status, 0) << written.output;
  const std::string prefix = fs::canonical(home() / "matseq").string();
  EXPECT_NE(written.output.find("  cd elsewhere/printed\n  cmake -B build -D CMAKE_PREFIX_PATH=" + prefix + "\n"),
            std::string::npos)
      << written.output;
  EXPECT_NE(written.output.find("  " + prefix + "/bin/matseq train printed.toml --run run\n"), std::string::npos)
      << written.output;
  const CommandResult quoted_folder = run("matseq/bin/matseq new task printed --dir \"Bob's plugins\"");
  EXPECT_NE(quoted_folder.output.find("  cd 'Bob'\\''s plugins/printed'\n"), std::string::npos) << quoted_folder.output;
  for (const char* file : {"printed.cpp", "printed_test.cpp", "printed.toml", "CMakeLists.txt", "README.md",
                           ".gitignore", ".github/workflows/test.yml"}) {
    const std::string text = read_file(home() / "elsewhere/printed" / file);
    EXPECT_FALSE(text.empty()) << file;
    EXPECT_EQ(text.find("@NAME@"), std::string::npos) << file;
    EXPECT_EQ(text.find("@CLASS@"), std::string::npos) << file;
  }
}

TEST_F(NewPluginTest, WithoutGoogleTestTheTestIsLeftOut) {
  const CommandResult built = run(R"(matseq/bin/matseq new schedule untested
cd untested
cmake -G Ninja -B build -D CMAKE_PREFIX_PATH=$HOME/matseq -D CMAKE_DISABLE_FIND_PACKAGE_GTest=ON
cmake --build build)");
  EXPECT_EQ(built.status, 0) << built.output;
  EXPECT_NE(built.output.find("GoogleTest was not found: the test is not built"), std::string::npos) << built.output;
  EXPECT_TRUE(fs::exists(home() / "untested/build/matseq_schedule_untested.so"));
}

TEST_F(NewPluginTest, NamesAndFoldersThatWillNotDoAreRefused) {
  const TemporaryFolder folder;
  const auto begin = [&](const std::string& kind, const std::string& name) {
    return run_matseq({"new", kind, name, "--dir", folder.path()});
  };
  expect_refusal(begin("tsk", "mine"), {"no kind of plugin 'tsk', did you mean 'task'?", "'encoder'"});
  for (const char* name : {"Mine", "1st", "my-task", "_mine", "../mine", "m/n"}) {
    expect_refusal(begin("task", name), {name, "lower case letters, digits and '_'"});
  }
  fs::create_directories(folder / "mine");
  expect_refusal(begin("task", "mine"), {"'" + (folder / "mine").string() + "' is there already", "--dir"});
  EXPECT_TRUE(fs::is_empty(folder / "mine"));
  const CommandResult taken = begin("task", "transpose");
  EXPECT_EQ(taken.status, 0);
  EXPECT_NE(taken.errors.find("warning: matseq has a task 'transpose' already"), std::string::npos) << taken.errors;
  write_file(folder / "file", "");
  expect_refusal(run_matseq({"new", "task", "mine", "--dir", folder / "file"}), {"cannot be made"});
}

/// Builds docs/examples/NAME and checks it.
void expect_example(const fs::path& home, const std::string& kind, const std::string& name) {
  const fs::path source = fs::path(MATSEQ_SOURCE_DIR) / "docs/examples" / name;
  const CommandResult built =
      test::shell(home, home,
                  "cmake -G Ninja -S " + quoted(source) + " -B example_" + name +
                      " -D CMAKE_PREFIX_PATH=$HOME/matseq\ncmake --build example_" + name +
                      "\nmatseq/bin/matseq check example_" + name + "/matseq_" + kind + "_" + name + ".so");
  EXPECT_EQ(built.status, 0) << built.output;
  EXPECT_NE(built.output.find("It keeps to its contract"), std::string::npos) << built.output;
  EXPECT_NE(read_file(fs::path(MATSEQ_SOURCE_DIR) / "docs/examples/README.md").find("[`" + name + "`]"),
            std::string::npos);
}

// row_sums and gru are built and trained by external_plugin_test.
TEST_F(NewPluginTest, TheExamplesKeepToTheirContracts) {
  expect_example(home(), "encoder", "logarithmic");
  expect_example(home(), "schedule", "staircase");
  expect_example(home(), "optimizer", "lion");
}

TEST_F(NewPluginTest, TheTaskAndModelExamplesKeepToTheirContracts) {
  expect_example(home(), "task", "row_sums");
  expect_example(home(), "model", "gru");
}

}  // namespace
}  // namespace matseq
