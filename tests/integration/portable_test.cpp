// What scripts/portable.sh puts together of builds for several levels of processors. Here all are the one build there
// is.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "installed_matseq.h"
#include "run_command.h"
#include "small_experiment.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

/// The folder of the only file of this name below `folder`.
fs::path folder_of(const fs::path& folder, const std::string& name) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().filename() == name && entry.path().string().find("glibc-hwcaps") == std::string::npos)
      return entry.path().parent_path();
  }
  ADD_FAILURE() << "there is no " << name << " in " << folder;
  return {};
}

TEST(Portable, TheDynamicLoaderChoosesAmongLevels) {
  const TemporaryFolder home;
  ASSERT_NO_FATAL_FAILURE(test::install_matseq(home.path()));
  const fs::path built = home / "matseq", prefix = home / "portable";
  const CommandResult merged =
      run_command({MATSEQ_SOURCE_DIR "/scripts/portable.sh", "--merge", prefix, "x86-64-v2=" + built.string(),
                   "x86-64-v3=" + built.string(), "x86-64-v4=" + built.string()});
  ASSERT_EQ(merged.status, 0) << merged.errors;
  fs::remove_all(built);
  const fs::path library = folder_of(prefix, "libmatseq_core.so"), program = prefix / "bin/matseq";
  const fs::path levels = library / "glibc-hwcaps";

  // With the tensor commands, which are loaded later.
  write_file(home / "experiment.toml", small_experiment);
  const CommandResult trained =
      test::shell("LD_DEBUG=libs " + test::quoted(program) + " train " + test::quoted(home / "experiment.toml") +
                  " --run " + test::quoted(home / "run"));
  ASSERT_EQ(trained.status, 0) << trained.output.substr(0, 4000);
  for (const std::string name : {"libmatseq_framework.so", "libmatseq_training.so", "libmatseq_tensor_commands.so"}) {
    EXPECT_NE(trained.output.find("calling init: " + (levels / "x86-64-v").string()), std::string::npos);
    EXPECT_EQ(trained.output.find("calling init: " + (library / name).string()), std::string::npos) << name;
  }

  // Plugins of one's own lie beside the levels.
  const std::string own = "matseq_task_transpose.so";
  for (const auto& level : fs::directory_iterator(levels)) {
    fs::rename(level.path() / "matseq/plugins" / own, library / "matseq/plugins" / own);
  }
  const CommandResult found = run_command({program, "plugins", "transpose"});
  EXPECT_EQ(found.status, 0) << found.errors;
}

TEST(Portable, SaysHowItIsUsed) {
  const CommandResult result = run_command({MATSEQ_SOURCE_DIR "/scripts/portable.sh"});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.errors.find("scripts/portable.sh PREFIX [LEVEL...]"), std::string::npos) << result.errors;
}

}  // namespace
}  // namespace matseq
