#include "sweep/slurm_array.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "matseq/error.h"
#include "slurm/program_output.h"
#include "slurm/slurm_job.h"
#include "sweep/sweep_file.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

SlurmArray small_array() {
  return {.name = "matseq-sweep",
          .executable = "/opt/it's/matseq",
          .sweep_file = "/home/me/sweep.toml",
          .folder = "/scratch/s",
          .runs = {"seed=1", "seed=2"},
          .options = {"--time=\"1:00:00\"", "--exclusive"},
          .cpus = 4,
          .at_a_time = 8};
}

TEST(SlurmArray, TheScriptDoesOneRunATask) {
  const std::string script = batch_script(small_array());
  EXPECT_TRUE(script.starts_with("#!/bin/bash\n")) << script;
  for (const char* line : {"#SBATCH --array=0-1%8\n", "#SBATCH --output=\"/scratch/s/slurm-%A_%a.log\"\n",
                           "#SBATCH --requeue\n", "#SBATCH --signal=B:USR1@90\n", "#SBATCH --cpus-per-task=4\n",
                           "#SBATCH --exclusive\n", "runs=(\n  'seed=1'\n  'seed=2'\n)\n",
                           "exec '/opt/it'\\''s/matseq' sweep '/home/me/sweep.toml' --dir '/scratch/s' --only "
                           "\"${runs[$SLURM_ARRAY_TASK_ID]}\"\n"}) {
    EXPECT_NE(script.find(line), std::string::npos) << line << script;
  }
  // The user's options come last: of two that are the same SLURM takes that one.
  EXPECT_LT(script.find("--cpus-per-task"), script.find("--time"));
}

TEST(SlurmArray, PathsThatNoLineCanHoldAreRefused) {
  for (const char* folder : {"/a\nb", "/a\"b", "/a%b"}) {
    SlurmArray array = small_array();
    array.folder = folder;
    EXPECT_THROW(batch_script(array), Error) << folder;
  }
}

TEST(SlurmArray, WithoutJobsNothingIsQueued) {
  const TemporaryFolder folder;
  EXPECT_TRUE(queued_arrays(folder.path()).empty());
  write_file(folder / "slurm.json", "[]");
  EXPECT_TRUE(queued_arrays(folder.path()).empty());
  for (const char* damaged : {"", "{}", "[1]", "[{\"id\": 1, \"runs\": []}]", "[{\"id\": \"1\", \"runs\": 2}]"}) {
    write_file(folder / "slurm.json", damaged);
    EXPECT_THROW(queued_arrays(folder.path()), Error) << damaged;
  }
}

SweepFile with_slurm(const std::string& table) {
  return parse_sweep_file("base = \"b.toml\"\n[slurm]\n" + table + "\n", "s.toml");
}

TEST(SlurmArray, OptionsOfTheSweepFile) {
  EXPECT_EQ(with_slurm("time = \"1:00:00\"\nmem-per-cpu = 2\nexclusive = true\nspread-job = false").slurm,
            (std::vector<std::string>{"--exclusive", "--mem-per-cpu=2", "--time=\"1:00:00\""}));
  for (const char* bad : {"array = \"0-3\"", "output = \"x\"", "\"-x\" = 1", "\"a b\" = 1", "time = 1.5", "time = \"\"",
                          "time = [1]", "comment = \"a\\nb\"", "comment = \"a\\\"b\"", "T = 1"}) {
    EXPECT_THROW(with_slurm(bad), Error) << bad;
  }
}

/// Sets a variable until the end.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

TEST(SlurmJob, IsNamedAsScontrolNamesIt) {
  EXPECT_EQ(own_slurm_job(), "");
  const Variable id("SLURM_JOB_ID", "12");
  EXPECT_EQ(own_slurm_job(), "12");
  const Variable array("SLURM_ARRAY_JOB_ID", "10"), task("SLURM_ARRAY_TASK_ID", "3");
  EXPECT_EQ(own_slurm_job(), "10_3");
  {
    const Variable rank("SLURM_PROCID", "1");
    EXPECT_EQ(own_slurm_job(), "");
  }
  const Variable launched("RANK", "1");
  EXPECT_EQ(own_slurm_job(), "");
}

TEST(ProgramOutput, HasBothStreamsAndTheStatus) {
  const ProgramOutput done = program_output({"sh", "-c", "echo out; echo err >&2; exit 3"});
  EXPECT_EQ(done.output, "out\n");
  EXPECT_EQ(done.errors, "err\n");
  EXPECT_EQ(done.status, 3);
  EXPECT_EQ(program_output({"sh", "-c", "kill -9 $$"}).status, 128 + 9);
  EXPECT_EQ(program_output({"sh", "-c", "head -c 300000 /dev/zero"}).output.size(), 300000U);
  EXPECT_THROW(program_output({"no-such-program-anywhere"}), Error);
}

}  // namespace
}  // namespace matseq
