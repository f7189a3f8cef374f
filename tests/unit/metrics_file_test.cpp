#include "run/metrics_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "matseq/error.h"
#include "temporary_folder.h"

namespace matseq {
namespace {

TEST(MetricsFile, AppendsOneObjectALine) {
  const TemporaryFolder folder;
  MetricsFile metrics(folder / "metrics.jsonl", 0);
  EXPECT_FALSE(std::filesystem::exists(folder / "metrics.jsonl")) << "it is made with its first line";
  metrics.append({{"update", 5}, {"loss", 0.1}});
  metrics.append({{"update", 10}, {"loss", nullptr}});
  const std::string text = "{\"update\":5,\"loss\":0.1}\n{\"update\":10,\"loss\":null}\n";
  EXPECT_EQ(read_file(folder / "metrics.jsonl"), text);
  EXPECT_EQ(metrics.size(), text.size());
}

// Also of the checkpoint's own update: an evaluation after it will be written again.
TEST(MetricsFile, ContinuingDropsWhatComesAfterTheCheckpoint) {
  const TemporaryFolder folder;
  const std::string kept = "{\"update\":5}\n{\"update\":10}\n";
  write_file(folder / "metrics.jsonl", kept + "{\"update\":10,\"valid\":{}}\n\xff\xfe\n{\"update\":2");
  MetricsFile metrics(folder / "metrics.jsonl", kept.size());
  metrics.append({{"update", 11}});
  EXPECT_EQ(read_file(folder / "metrics.jsonl"), kept + "{\"update\":11}\n");
}

TEST(MetricsFile, GoesOnAfterWhatIsLeftOfIt) {
  const TemporaryFolder folder;
  EXPECT_EQ(MetricsFile(folder / "metrics.jsonl", 100).size(), 0U) << "it is gone";
  write_file(folder / "metrics.jsonl", "{\"update\":5}\n{\"upd");
  MetricsFile metrics(folder / "metrics.jsonl", 100);
  EXPECT_EQ(metrics.size(), 13U);
  metrics.append({{"update", 11}});
  EXPECT_EQ(read_file(folder / "metrics.jsonl"), "{\"update\":5}\n{\"update\":11}\n");
}

TEST(MetricsFile, AFileThatCannotBeWrittenIsAnError) {
  const TemporaryFolder folder;
  MetricsFile metrics(folder / "no folder/metrics.jsonl", 0);
  EXPECT_THROW(metrics.append({{"update", 1}}), Error);
}

TEST(MetricsFile, FollowsNoSymbolicLink) {
  const TemporaryFolder folder;
  write_file(folder / "precious", "text");
  std::filesystem::create_symlink(folder / "precious", folder / "metrics.jsonl");
  EXPECT_THROW(MetricsFile(folder / "metrics.jsonl", 0), Error);
  std::filesystem::remove(folder / "metrics.jsonl");
  std::filesystem::create_symlink(folder / "new", folder / "metrics.jsonl");
  EXPECT_THROW(MetricsFile(folder / "metrics.jsonl", 0).append({{"update", 1}}), Error);
  EXPECT_EQ(read_file(folder / "precious"), "text");
  EXPECT_FALSE(std::filesystem::exists(folder / "new"));
}

}  // namespace
}  // namespace matseq
