// A task plugin that lives outside of matseq's tree, built against an installed matseq that was moved since.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "installed_matseq.h"
#include "run_command.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

using test::quoted;

CommandResult run(const std::string& command) { return test::shell(command); }

/// Installs matseq once for all tests of this program.
class ExternalPluginTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = fs::temp_directory_path() / ("matseq_external_" + std::to_string(getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    test::install_matseq(folder_);
  }
  static void TearDownTestSuite() { fs::remove_all(folder_); }

  static fs::path prefix() { return folder_ / "matseq"; }
  static std::string matseq() { return quoted(prefix() / "bin" / "matseq"); }

  static void build_task(const fs::path& build, const std::string& options) {
    build_example("row_sums", build, options);
  }

  /// Configures and builds docs/examples/NAME; the plugin lies in `build` afterwards.
  static void build_example(const std::string& name, const fs::path& build, const std::string& options) {
    const CommandResult configured =
        run("cmake -G Ninja -S " + quoted(fs::path(MATSEQ_SOURCE_DIR) / "docs/examples" / name) + " -B " +
            quoted(build) + " -DCMAKE_PREFIX_PATH=" + quoted(prefix()) + " " + options);
    ASSERT_EQ(configured.status, 0) << configured.output;
    const CommandResult built = run("cmake --build " + quoted(build));
    ASSERT_EQ(built.status, 0) << built.output;
  }

  static fs::path write_config(const std::string& plugin_path) {
    const fs::path file = folder_ / "row_sums.toml";
    std::ofstream(file) << (plugin_path.empty() ? "" : "plugin_path = [\"" + plugin_path + "\"]\n") << R"(
[task]
plugin = "row_sums"
min_dimension = 3
max_dimension = 3

[encoding]
input = "P10"
output = "P10"

[model]
plugin = "transformer"
encoder = { layers = 1, width = 16, heads = 2 }
decoder = { layers = 1, width = 16, heads = 2 }

[optimizer]
plugin = "adam"
learning_rate = 1e-3

[data]
workers = 1

[training]
batch_size = 4
epoch_size = 20
max_epoch = 1
device = "cpu"

[evaluation]
size = 8
)";
    return file;
  }

  static fs::path folder_;
};

fs::path ExternalPluginTest::folder_;

TEST_F(ExternalPluginTest, GeneratesAndTrains) {
  const fs::path build = folder_ / "row_sums";
  build_task(build, "");

  const fs::path config = write_config("row_sums");  // relative to the file's own folder
  const CommandResult generated = run(matseq() + " generate " + quoted(config) + " --count 5 --format matrices");
  ASSERT_EQ(generated.status, 0) << generated.output;
  std::istringstream lines(generated.output);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const nlohmann::json example = nlohmann::json::parse(line);
    EXPECT_EQ(example.at("task"), "row_sums");
    for (std::size_t row = 0; row < 3; ++row) {
      double sum = 0;
      for (std::size_t i = 0; i < 3; ++i) sum += example.at("source").at(row).at(i).get<double>();
      EXPECT_NEAR(example.at("target").at(row).at(0).get<double>(), sum, 1e-12);
    }
  }
  EXPECT_EQ(count, 5);

  const fs::path run_folder = folder_ / "run";
  const CommandResult trained = run(matseq() + " train " + quoted(config) + " --run " + quoted(run_folder));
  EXPECT_EQ(trained.status, 0) << trained.output;
  EXPECT_TRUE(fs::exists(run_folder / "model.safetensors")) << trained.output;

  const CommandResult wrong = run(matseq() + " generate " + quoted(config) + " --count 1 --set task.min_dimension=-5");
  EXPECT_EQ(wrong.status, 1);
  EXPECT_NE(wrong.output.find("min_dimension"), std::string::npos) << wrong.output;
}

/// The first block of commands in a document.
std::string commands_in(const fs::path& document) {
  std::ifstream stream(document);
  const std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  const std::size_t begin = text.find("```\n") + 4;
  return text.substr(begin, text.find("```", begin) - begin);
}

TEST_F(ExternalPluginTest, TheGuidesCommandsWorkAsTheyStand) {
  const fs::path home = folder_ / "home";
  fs::create_directories(home / "checkout");
  fs::create_directory_symlink(MATSEQ_BINARY_DIR, home / "checkout" / "build");
  const std::string commands = commands_in(fs::path(MATSEQ_SOURCE_DIR) / "docs/plugins.md");
  ASSERT_NE(commands.find("cmake --build"), std::string::npos) << commands;
  const CommandResult done =
      run("set -e; export HOME=" + quoted(home) + "; cd " + quoted(home / "checkout") + "; " + commands);
  EXPECT_EQ(done.status, 0) << done.output;
  EXPECT_NE(done.output.find("Sum of each row"), std::string::npos) << done.output;
  EXPECT_TRUE(fs::exists(home / "matseq/lib/matseq/plugins/matseq_task_row_sums.so"))
      << "installed beside matseq's own";
}

TEST_F(ExternalPluginTest, IsOptimisedWithoutABuildType) {
  const fs::path build = folder_ / "no_build_type";
  build_task(build, "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON");
  const CommandResult commands = run("cat " + quoted(build / "compile_commands.json"));
  EXPECT_NE(commands.output.find(" -O3 "), std::string::npos) << commands.output;
}

TEST_F(ExternalPluginTest, TheHelpersOfOurOwnPluginsAreInstalled) {
  const fs::path source = folder_ / "late";
  fs::create_directories(source);
  std::ofstream(source / "CMakeLists.txt") << R"(
cmake_minimum_required(VERSION 3.22)
project(late LANGUAGES CXX)
find_package(matseq REQUIRED)
matseq_add_plugin(schedule late SOURCES late.cpp)
)";
  std::ofstream(source / "late.cpp") << R"(
#include <matseq/cosine_cycles.h>
#include <matseq/decimal_rounding.h>
#include <matseq/linear_warmup.h>
#include <matseq/register.h>
#include <matseq/schedule.h>

// The rate of a warm-up to its first digit, and from its end on the base rate.
class Late : public matseq::Schedule {
 public:
  static matseq::ParameterSchema schema() { return matseq::LinearWarmup::schema(1); }
  explicit Late(const matseq::Parameters& parameters) : warmup_(parameters) {}
  double rate(std::int64_t update, double base_rate) const override {
    if (!warmup_.covers(update)) return base_rate;
    const matseq::Decimal rounded = rounding_.round(warmup_.rate(update, base_rate));
    return static_cast<double>(rounded.mantissa) * rounding_.powers()(rounded.exponent);
  }

 private:
  matseq::LinearWarmup warmup_;
  matseq::DecimalRounding rounding_{0};
};

MATSEQ_REGISTER(Late, "late", "1.0.0", "A warm-up in steps")
)";
  const CommandResult built = run("cmake -G Ninja -S " + quoted(source) + " -B " + quoted(source / "build") +
                                  " -DCMAKE_PREFIX_PATH=" + quoted(prefix()) +
                                  " -DMATSEQ_TORCH_INCLUDE_DIR= && cmake --build " + quoted(source / "build"));
  ASSERT_EQ(built.status, 0) << built.output;
  const CommandResult listed = run("MATSEQ_PLUGIN_PATH=" + quoted(source / "build") + " " + matseq() + " plugins late");
  EXPECT_NE(listed.output.find("warmup_updates"), std::string::npos) << listed.output;
  for (const char* header : {"elementwise_optimizer.h", "optimizer_state.h", "betas.h"}) {
    EXPECT_TRUE(fs::exists(prefix() / "include" / "matseq" / header)) << header;
  }
}

TEST_F(ExternalPluginTest, BuildsWithoutLibTorchAndIsFoundByTheEnvironment) {
  const fs::path build = folder_ / "without_libtorch";
  build_task(build, "-DMATSEQ_TORCH_INCLUDE_DIR=");
  const CommandResult generated = run("MATSEQ_PLUGIN_PATH=" + quoted(build) + " " + matseq() + " generate " +
                                      quoted(write_config("")) + " --count 2");
  EXPECT_EQ(generated.status, 0) << generated.output;
}

// A model that has module() and logits() only.
TEST_F(ExternalPluginTest, TheSmallestModelTrainsEvaluatesAndBeamSearches) {
  const fs::path build = folder_ / "gru", config = folder_ / "gru.toml", run_folder = folder_ / "gru_run";
  build_example("gru", build, "");
  std::ofstream(config) << R"([task]
plugin = "transpose"
min_dimension = 1
max_dimension = 1
max_input_coeff = 4

[encoding]
input = "P10"
output = "P10"

[model]
plugin = "gru"
width = 32

[optimizer]
plugin = "muon"
learning_rate = 1e-2

[data]
workers = 1

[training]
batch_size = 32
epoch_size = 3200
max_epoch = 2
device = "cpu"
log_every = 20

[evaluation]
size = 64
max_output_len = 10
)";
  const std::string command = "MATSEQ_PLUGIN_PATH=" + quoted(build) + " " + matseq();
  const CommandResult trained = run(command + " train " + quoted(config) + " --run " + quoted(run_folder));
  ASSERT_EQ(trained.status, 0) << trained.output;
  std::vector<double> losses;
  std::ifstream metrics(run_folder / "metrics.jsonl");
  for (std::string line; std::getline(metrics, line);) {
    const nlohmann::json entry = nlohmann::json::parse(line);
    if (entry.contains("loss")) losses.push_back(entry.at("loss").get<double>());
  }
  ASSERT_EQ(losses.size(), 10U);
  EXPECT_LT(losses.back(), 0.6 * losses.front());

  const auto evaluate = [&](const std::string& settings) {
    const CommandResult evaluated = run(command + " eval " + quoted(run_folder) + " --json " + settings);
    EXPECT_EQ(evaluated.status, 0) << evaluated.output;
    return evaluated.output;
  };
  const std::string greedy = evaluate(""), beam = evaluate("--set evaluation.beam_size=4");
  EXPECT_NE(greedy.find("accuracy"), std::string::npos) << greedy;
  EXPECT_NE(beam.find("accuracy"), std::string::npos) << beam;
}

TEST_F(ExternalPluginTest, AWrongAbiVersionIsRefused) {
  const fs::path file = fs::path(MATSEQ_TEST_PLUGINS) / "wrong_abi" / "matseq_task_trial.so";
  const fs::path config = write_config(file.string());
  for (const char* command : {"generate --count 1", "train --run unused"}) {
    const CommandResult refused = run("cd " + quoted(folder_) + " && " + matseq() + " " + command + " " +
                                      quoted(config) + " --set task.plugin=trial");
    EXPECT_EQ(refused.status, 1) << refused.output;
    EXPECT_NE(refused.output.find(file.string()), std::string::npos) << refused.output;
    EXPECT_NE(refused.output.find("version 999"), std::string::npos) << refused.output;
  }
}

}  // namespace
}  // namespace matseq
