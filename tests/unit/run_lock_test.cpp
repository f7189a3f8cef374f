#include "run/run_lock.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>

#include "matseq/error.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

namespace fs = std::filesystem;

std::string refusal(const fs::path& folder) {
  try {
    const RunLock lock(folder);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(RunLock, OneAtATime) {
  const TemporaryFolder folder;
  std::optional<RunLock> lock(folder.path());
  std::array<char, 256> host{};
  ASSERT_EQ(::gethostname(host.data(), host.size() - 1), 0);
  const std::string message = refusal(folder.path());
  for (const std::string& part :
       {folder.path().string(), "process " + std::to_string(::getpid()), std::string(host.data())}) {
    EXPECT_NE(message.find(part), std::string::npos) << part << " is not in: " << message;
  }
  lock.reset();
  EXPECT_EQ(refusal(folder.path()), "");
  EXPECT_TRUE(fs::is_empty(folder.path())) << "it leaves nothing";
}

TEST(RunLock, LeavesNoEmptyFolder) {
  const TemporaryFolder parent;
  { const RunLock lock(parent / "run"); }
  EXPECT_FALSE(fs::exists(parent / "run"));
  {
    const RunLock lock(parent / "run");
    write_file(parent / "run" / "config.toml", "");
  }
  EXPECT_TRUE(fs::exists(parent / "run" / "config.toml"));
}

TEST(RunLock, OfAKilledProcessIsFree) {
  const TemporaryFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    const RunLock lock(folder.path());
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_TRUE(fs::exists(folder / "run.lock"));
  EXPECT_EQ(refusal(folder.path()), "");
}

TEST(RunLock, OfACopyIsItsOwn) {
  const TemporaryFolder parent;
  fs::create_directories(parent / "run");
  const RunLock lock(parent / "run");
  fs::copy(parent / "run", parent / "copy");
  EXPECT_EQ(refusal(parent / "copy"), "");
}

TEST(RunLock, FollowsNoSymbolicLink) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "run");
  write_file(folder / "precious", "text");
  fs::create_symlink(folder / "precious", folder / "run" / "run.lock");
  EXPECT_NE(refusal(folder / "run").find("symbolic link"), std::string::npos);
  EXPECT_EQ(read_file(folder / "precious"), "text");
}

}  // namespace
}  // namespace matseq
