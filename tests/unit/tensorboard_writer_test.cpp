#include "run/tensorboard_writer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>

#include "matseq/error.h"
#include "python.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

std::filesystem::path only_file(const TemporaryFolder& folder) {
  std::filesystem::path file;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_TRUE(file.empty()) << "a second file " << entry.path();
    file = entry.path();
  }
  return file;
}

const std::string name = "events.out.tfevents.0.matseq";

/// The first content of the format is the same in every event file but for the time.
constexpr std::size_t length_of_version_record = 12 + 9 + 2 + 15 + 4;

TEST(TensorBoardWriter, WritesTheFormatByteForByte) {
  const TemporaryFolder folder;
  TensorBoardWriter(folder.path(), name, 0).add(300, {{"loss", 0.5}});
  const std::string file = read_file(only_file(folder));
  EXPECT_EQ(file.substr(12 + 9 + 2, 15),
            "\x1a\x0d"
            "brain.Event:2");

  const std::string record = file.substr(length_of_version_record);
  std::uint64_t length = 0;
  std::memcpy(&length, record.data(), 8);
  ASSERT_EQ(record.size(), 16 + length);
  const std::string content = record.substr(12, length);
  EXPECT_EQ(content[0], '\x09');  // wall time
  // step 300; summary of 13 bytes: value of 11 bytes: tag "loss", simple value 0.5
  EXPECT_EQ(content.substr(9), std::string("\x10\xac\x02\x2a\x0d\x0a\x0b\x0a\x04loss\x15\0\0\0\x3f", 18));
}

TEST(TensorBoardWriter, ContinuesTheSameFile) {
  const TemporaryFolder folder;
  std::uint64_t size = 0;
  {
    TensorBoardWriter writer(folder.path(), name, 0);
    writer.add(10, {{"loss", 1}});
    size = writer.size();
    writer.add(10, {{"loss", 2}});
  }
  const std::string before = read_file(only_file(folder));
  { TensorBoardWriter(folder.path(), name, before.size()); }
  EXPECT_EQ(read_file(only_file(folder)), before);
  { TensorBoardWriter(folder.path(), name, size).add(20, {{"loss", 3}}); }
  const std::string after = read_file(only_file(folder));
  EXPECT_EQ(after.size(), before.size());
  EXPECT_EQ(after.substr(0, size), before.substr(0, size));
  EXPECT_NE(after, before);
  { TensorBoardWriter(folder.path(), name, 0).add(1, {}); }
  EXPECT_LT(read_file(only_file(folder)).size(), size);
}

TEST(TensorBoardWriter, BeginsAnotherFileWhenItsOwnHasLostRecords) {
  const TemporaryFolder folder;
  write_file(folder / name, "short");
  TensorBoardWriter writer(folder.path(), name, 6);
  EXPECT_NE(writer.name(), name);
  writer.add(1, {{"loss", 1}});
  EXPECT_EQ(read_file(folder / name), "short");
}

TEST(TensorBoardWriter, NamesTheFolderThatIsMissing) {
  try {
    TensorBoardWriter("/nonexistent/run", name, 0).add(1, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("/nonexistent/run"), std::string::npos);
  }
}

TEST(TensorBoardWriter, TensorBoardReadsIt) {
  const auto python = find_python({"tensorboard"});
  if (!python) GTEST_SKIP() << "no Python with tensorboard";
  const TemporaryFolder folder;
  std::uint64_t size = 0;
  {
    TensorBoardWriter writer(folder.path(), name, 0);
    writer.add(1, {{"train/loss", 2.5}, {"train/rate", 1e-4}});
    writer.add(200, {{"train/loss", 1.25}});
    size = writer.size();
    writer.add(400, {{"train/loss", 7}});
  }
  TensorBoardWriter(folder.path(), name, size).add(300, {{"train/loss", 0.5}});
  write_file(folder / "check_file.py",
             "from tensorboard.backend.event_processing.event_accumulator import EventAccumulator\n"
             "events = EventAccumulator('" +
                 folder.path().string() +
                 "').Reload()\n"
                 "loss = [(e.step, e.value) for e in events.Scalars('train/loss')]\n"
                 "assert loss == [(1, 2.5), (200, 1.25), (300, 0.5)], loss\n"
                 "assert abs(events.Scalars('train/rate')[0].value - 1e-4) < 1e-10\n");
  EXPECT_TRUE(run_python(*python, folder / "check_file.py").has_value());
}

}  // namespace
}  // namespace matseq
