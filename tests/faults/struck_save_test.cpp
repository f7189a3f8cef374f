// A checkpoint is old or new, never a mixture, whichever file operation of its saving kills the process or fails.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>

#include "file_faults.h"
#include "trained_checkpoint.h"

namespace matseq {
namespace {

using namespace test;

/// What a child process made of an attempt.
struct Attempt {
  bool killed = false;
  bool refused = false;
  std::int64_t operations = 0;
};

/// Saves checkpoint `update` in a process of its own, of whose file operations number `at` is struck.
Attempt save_struck(const fs::path& folder, std::int64_t update, const std::string& operations, std::int64_t at,
                    faults::Action action) {
  auto* shared = static_cast<Attempt*>(
      ::mmap(nullptr, sizeof(Attempt), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  *shared = {};
  const pid_t child = ::fork();
  if (child == 0) {
    faults::arm(folder.string(), at, action, operations);
    shared->refused = !reason([&] {
                         RunFolder(folder).recover();
                         save(folder, update);
                       }).empty();
    shared->operations = faults::count();
    ::_exit(0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  Attempt attempt = *shared;
  ::munmap(shared, sizeof(Attempt));
  attempt.killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  EXPECT_TRUE(attempt.killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) << status;
  return attempt;
}

struct Strikes {
  faults::Action action;
  std::string operations;
  std::int64_t every;  ///< one of so many
};

class StruckSave : public ::testing::TestWithParam<Strikes> {};

// The file operations of saving, one after the other.
TEST_P(StruckSave, LeavesTheOldOrTheNewCheckpointAndTheOneBefore) {
  const Strikes strikes = GetParam();
  const TemporaryFolder parent;
  const fs::path whole = parent / "whole";
  fs::create_directories(whole);
  save(whole, 10);
  save(whole, 20);
  fs::copy(whole, parent / "counted");
  const std::int64_t operations = save_struck(parent / "counted", 30, strikes.operations, 0, strikes.action).operations;
  ASSERT_GT(operations, 20);
  const bool kills = strikes.action == faults::Action::kill || strikes.action == faults::Action::torn;
  int old = 0;
  for (std::int64_t at = 1; at <= operations; at += strikes.every) {
    SCOPED_TRACE(at);
    const fs::path folder = parent / std::to_string(at);
    fs::copy(whole, folder);
    const Attempt attempt = save_struck(folder, 30, strikes.operations, at, strikes.action);
    EXPECT_EQ(attempt.killed, kills);
    const std::int64_t seen = seen_update(folder);
    EXPECT_TRUE(seen == 30 || (seen == 20 && (attempt.killed || attempt.refused))) << seen;
    const Loaded loaded = load(folder);
    EXPECT_EQ(loaded.update, seen);
    EXPECT_EQ(loaded.warning, "");
    EXPECT_EQ(RunFolder(folder).previous_state().value().training.update, seen - 10);
    for (const fs::directory_entry& file : fs::directory_iterator(folder)) {
      EXPECT_NE(file.path().extension(), ".next") << file;
      EXPECT_NE(file.path().extension(), ".partial") << file;
    }
    save(folder, 40);
    flip_bit(folder / "model.safetensors", read_file(folder / "model.safetensors").size() - 40);
    EXPECT_EQ(load(folder).update, seen) << "the one before is whole";
    fs::remove_all(folder);
    old += seen == 20 ? 1 : 0;
  }
  EXPECT_GT(old, 5);
}

// Most operations are writes, of a tensor each.
const std::string others = "open,sync,rename,truncate,remove,close";

INSTANTIATE_TEST_SUITE_P(Actions, StruckSave,
                         ::testing::Values(Strikes{faults::Action::kill, others, 1},
                                           Strikes{faults::Action::broken, others, 1},
                                           Strikes{faults::Action::torn, "write", 9},
                                           Strikes{faults::Action::no_space, "write", 9}));

}  // namespace
}  // namespace matseq
