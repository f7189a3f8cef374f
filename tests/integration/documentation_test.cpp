// What the documentation says is what the program does.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "python.h"
#include "run_command.h"
#include "small_experiment.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

std::string documentation(const std::string& file) { return read_file(std::string(MATSEQ_SOURCE_DIR) + "/" + file); }

/// The names of all commands, as they are completed.
std::vector<std::string> commands() {
  const std::string script = run_matseq({"completion", "fish"}).output;
  const std::string marker = "-f -a '";
  const std::size_t begin = script.find(marker) + marker.size();
  std::istringstream names(script.substr(begin, script.find('\'', begin) - begin));
  std::vector<std::string> all;
  for (std::string name; names >> name;) all.push_back(name);
  return all;
}

TEST(Documentation, EveryCommandHasAnExample) {
  const std::vector<std::string> all = commands();
  EXPECT_GT(all.size(), 12U);
  for (const std::string& command : all) {
    if (command == "convert-flags") continue;  // all that follows it are the reference's flags
    const CommandResult help = run_matseq({command, "--help"});
    EXPECT_EQ(help.status, 0) << command;
    EXPECT_NE(help.output.find("matseq " + command), std::string::npos) << help.output;
    const std::size_t example = help.output.find("Example: ");
    ASSERT_NE(example, std::string::npos) << help.output;
    EXPECT_GT(example, help.output.find("Options:")) << help.output;  // the last thing, where it is looked for
  }
}

TEST(Documentation, TheConfigurationReferenceIsUpToDate) {
  const CommandResult page = run_matseq({"help", "--markdown"});
  ASSERT_EQ(page.status, 0) << page.errors;
  EXPECT_TRUE(page.output == documentation("docs/configuration.md"))
      << "build/bin/matseq help --markdown > docs/configuration.md";
}

TEST(Documentation, CompletionIsAcceptedByBash) {
  const TemporaryFolder folder;
  write_file(folder / "matseq", run_matseq({"completion", "bash"}).output);
  const CommandResult completed =
      run_command({"bash", "-c",
                   "source '" + (folder / "matseq").string() +
                       "'; COMP_WORDS=(matseq train --tr); COMP_CWORD=2; _matseq; echo ${COMPREPLY[@]}"});
  EXPECT_EQ(completed.output, "--trust-plugins\n") << completed.errors;
  EXPECT_EQ(run_matseq({"completion", "csh"}).status, 2);
}

TEST(Documentation, TheDoctorFindsThisBuildWell) {
  const CommandResult report = run_matseq({"doctor"});
  EXPECT_EQ(report.status, 0) << report.output << report.errors;
  for (const char* part : {"LibTorch", "BLAS", "instruction sets", "plugins: task", "transpose", "no problem found"}) {
    EXPECT_NE(report.output.find(part), std::string::npos) << report.output;
  }
  const TemporaryFolder folder;
  write_file(folder / "matseq_task_broken.so", "no library");
  const CommandResult ill =
      run_command({"env", "MATSEQ_PLUGIN_PATH=" + folder.path().string(), MATSEQ_EXECUTABLE, "doctor"});
  EXPECT_EQ(ill.status, 1);
  EXPECT_NE(ill.output.find("problem: "), std::string::npos) << ill.output;
  EXPECT_NE(ill.output.find("matseq_task_broken.so"), std::string::npos) << ill.output;
  // Names of folders need not be UTF-8, as JSON must.
  std::filesystem::create_directory(folder / "\xff");
  const CommandResult json =
      run_command({"env", "--chdir=" + (folder / "\xff").string(), MATSEQ_EXECUTABLE, "doctor", "--json"});
  EXPECT_TRUE(nlohmann::json::parse(json.output).at("problems").empty()) << json.errors;
}

TEST(Documentation, ProductsUseWhatTheProcessorHas) {
  const std::string report = run_matseq({"doctor"}).output;
  if (report.find("kernels of OpenBLAS") == std::string::npos) GTEST_SKIP() << "the BLAS is not OpenBLAS";
  if (report.find(" avx2") == std::string::npos) GTEST_SKIP() << "no processor with AVX2";
  EXPECT_EQ(report.find("Prescott"), std::string::npos) << report;
  // Whoever chooses otherwise is told what that means.
  const CommandResult slow = run_command({"env", "OPENBLAS_CORETYPE=Prescott", MATSEQ_EXECUTABLE, "doctor"});
  EXPECT_EQ(slow.status, 1) << slow.output;
  EXPECT_NE(slow.output.find("problem: OpenBLAS uses kernels for processors of 2004"), std::string::npos)
      << slow.output;
}

TEST(Documentation, PythonReadsARunAsThePageSays) {
  const auto python = find_python({"pandas", "safetensors", "torch"});
  if (!python) GTEST_SKIP() << "no Python with pandas, safetensors and torch";
  const TemporaryFolder folder;
  write_file(folder / "experiment.toml", small_experiment);
  ASSERT_EQ(run_matseq({"train", folder / "experiment.toml", "--run", folder / "runs/quickstart"}).status, 0);
  ASSERT_EQ(run_matseq({"eval", folder / "runs/quickstart", "--verbose", "1"}).status, 0);
  const std::string page = documentation("docs/python.md");
  const std::string fence = "```python\n";
  const std::size_t begin = page.find(fence) + fence.size();
  write_file(folder / "read.py", page.substr(begin, page.find("```", begin) - begin));
  const CommandResult read = run_command({*python, folder / "read.py", folder / "runs/quickstart"});
  EXPECT_EQ(read.status, 0) << read.errors;
  EXPECT_NE(read.output.find("last loss"), std::string::npos) << read.output;
}

}  // namespace
}  // namespace matseq
