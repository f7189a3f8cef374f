#include "files/atomic_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "matseq/error.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

TEST(AtomicFile, ReplacesTheContent) {
  const TemporaryFolder folder;
  write_atomically(folder / "state.json", "old and long");
  write_atomically(folder / "state.json", "new");
  EXPECT_EQ(read_file(folder / "state.json"), "new");
  EXPECT_FALSE(std::filesystem::exists(folder / "state.json.partial"));
}

TEST(AtomicFile, KeepsTheOldContentUntilTheCommit) {
  const TemporaryFolder folder;
  write_atomically(folder / "a", "old");
  AtomicFile file(folder / "a");
  file.write("new");
  EXPECT_EQ(read_file(folder / "a"), "old");
  file.commit();
  EXPECT_EQ(read_file(folder / "a"), "new");
}

TEST(AtomicFile, LeavesNothingBehindWithoutACommit) {
  const TemporaryFolder folder;
  { AtomicFile(folder / "a").write("half"); }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(AtomicFile, ReplacesWhatAKilledProcessLeft) {
  const TemporaryFolder folder;
  write_file(folder / "a.partial", "left behind, and longer than the new content");
  write_atomically(folder / "a", "new");
  EXPECT_EQ(read_file(folder / "a"), "new");
}

TEST(AtomicFile, TwoWritersDoNotMixTheirContents) {
  const TemporaryFolder folder;
  AtomicFile first(folder / "a");
  AtomicFile second(folder / "a");
  first.write("first");
  second.write("second");
  EXPECT_THROW(first.commit(), Error);
  second.commit();
  EXPECT_EQ(read_file(folder / "a"), "second");
}

TEST(AtomicFile, ErrorsNamePathAndReason) {
  try {
    write_atomically("/nonexistent/folder/file", "x");
    FAIL();
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("/nonexistent/folder/file"), std::string::npos) << message;
    EXPECT_NE(message.find("No such file or directory"), std::string::npos) << message;
  }
}

TEST(FileDescriptor, FullDiskIsAnError) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP();
  FileDescriptor full("/dev/full", O_WRONLY);
  EXPECT_THROW(full.write("x"), Error);
}

TEST(AtomicFile, OthersMayReadIt) {
  const mode_t before = ::umask(022);
  const TemporaryFolder folder;
  write_atomically(folder / "a", "x");
  ::umask(before);
  EXPECT_EQ(std::filesystem::status(folder / "a").permissions(), std::filesystem::perms(0644));
}

TEST(AtomicFile, FolderCannotBeReplaced) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "a" / "b");
  EXPECT_THROW(write_atomically(folder / "a", "x"), Error);
  EXPECT_FALSE(std::filesystem::exists(folder / "a.partial"));
}

}  // namespace
}  // namespace matseq
