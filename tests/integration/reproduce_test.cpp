// scripts/reproduce.sh, on experiments that train in a second.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "run_command.h"
#include "small_experiment.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

CommandResult reproduce(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"env", std::string("MATSEQ=") + MATSEQ_EXECUTABLE,
                                       std::string(MATSEQ_SOURCE_DIR) + "/scripts/reproduce.sh"});
  return run_command(std::move(arguments));
}

void expect_parts(const std::string& text, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) {
    EXPECT_NE(text.find(part), std::string::npos) << "'" << part << "' is not in: " << text;
  }
}

TEST(Reproduce, TrainsSeedsAndSweepsAndGoesOn) {
  const TemporaryFolder folder;
  write_file(folder / "transpose.toml", small_experiment);
  write_file(folder / "rates.toml", "base = \"transpose.toml\"\n[grid]\n\"optimizer.learning_rate\" = [1e-3, 1e-2]\n");
  const std::string out = folder / "out";
  const std::vector<std::string> command = {"--dir", out, folder / "transpose.toml", folder / "rates.toml"};
  const CommandResult first = reproduce(command);
  ASSERT_EQ(first.status, 0) << first.output << first.errors;
  const std::string table = read_file(out + "/results.md");
  expect_parts(table, {"## transpose\n\nPapers: over 90%", "## rates\n\nPapers: not known.", " cores",
                       "| n | valid.accuracy | valid.within.d1.0.05 | valid.within.d1.0.02 |", "| 3 |",
                       "| learning_rate | n |", "| 0.01 | 1 |", "| 160 |"});
  expect_parts(first.output, {"learning_rate  n  valid.accuracy", "3 runs: 3 finished"});
  expect_parts(read_file(out + "/transpose/output.log"), {"finished  seed=3"});

  std::filesystem::remove_all(out + "/transpose/runs/seed=2");
  const CommandResult again = reproduce(command);
  ASSERT_EQ(again.status, 0) << again.output << again.errors;
  expect_parts(again.output,
               {"3 runs in " + out + "/transpose/runs: 1 to do", "2 runs in " + out + "/rates/runs: 0 to do"});
}

TEST(Reproduce, WhatFailsDoesNotStopTheOthers) {
  const TemporaryFolder folder;
  write_file(folder / "bad.toml", small_experiment + "norm = \"l7\"\n");
  write_file(folder / "good.toml", small_experiment);
  const CommandResult result = reproduce({"--dir", folder / "out", folder / "bad.toml", folder / "good.toml"});
  EXPECT_EQ(result.status, 1);
  expect_parts(result.errors, {"failed: ", "bad.toml"});
  expect_parts(read_file(folder / "out" / "bad" / "output.log"), {"norm", "l7"});
  expect_parts(read_file(folder / "out" / "results.md"), {"## good\n", "| 3 |"});
}

TEST(Reproduce, RefusesWhatItDoesNotKnow) {
  const CommandResult name = reproduce({"eigenvalue"});
  EXPECT_EQ(name.status, 2);
  expect_parts(name.errors, {"'eigenvalue'", " eigenvalues ", " inversion "});
  const CommandResult option = reproduce({"--large"});
  EXPECT_EQ(option.status, 2);
  expect_parts(option.errors, {"'--large'", "--full"});
}

}  // namespace
}  // namespace matseq
